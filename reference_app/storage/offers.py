"""The part of a statement that finds what a barber offers on a day, shared by availability and booking."""

from reference_app.domain.scheduling import ServiceTerms
from reference_app.storage.connections import Row

OFFER_COLUMNS = """
    l.id AS location_id, l.timezone, r.step_minutes, r.max_advance_days,
    s.id AS service_id, s.name AS service_name, s.duration_minutes, s.buffer_minutes, s.price_cents,
    b.id AS barber_id, b.full_name AS barber_name, h.starts_at AS opens_at, h.ends_at AS closes_at,
    EXISTS (SELECT FROM blackout_dates d WHERE d.location_id = l.id AND d.day = {day}) AS is_blackout
"""

# Hours of one special day replace the weekly ones.
HOURS_JOIN = """
    LEFT JOIN LATERAL (
        SELECT starts_at, ends_at FROM barber_special_availability WHERE barber_id = b.id AND day = {day}
         UNION ALL
        SELECT starts_at, ends_at FROM barber_availability
         WHERE barber_id = b.id AND weekday = extract(isodow FROM {day})::integer
           AND NOT EXISTS (SELECT FROM barber_special_availability WHERE barber_id = b.id AND day = {day})
    ) h ON true
"""


def service_of(row: Row) -> ServiceTerms:
    """Read the service out of a row with `OFFER_COLUMNS`."""
    return ServiceTerms(
        id=row["service_id"],
        name=row["service_name"],
        duration_minutes=row["duration_minutes"],
        buffer_minutes=row["buffer_minutes"],
        price_cents=row["price_cents"],
    )
