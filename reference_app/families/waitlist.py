"""Waitlist: six services for those who wait."""

from reference_app.families.duty import Duty
from reference_app.families.figures import count, oldest, tally, top
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("waitlist", "waitlist_entries", "client_id", count()),
    reads("waitlist_barber", "waitlist_entries", "barber_id", count()),
    reads("waitlist_wish", "waitlist_entries", "client_id", oldest("day")),
    reads("waitlist_service", "waitlist_entries", "barber_id", tally("service_id")),
    reads("waitlist_age", "waitlist_entries", "barber_id", oldest("created_at")),
    reads("waitlist_day", "waitlist_entries", "barber_id", top("day")),
)
