"""Locations: eight services around another row."""

from reference_app.families.duty import Duty
from reference_app.families.figures import count, newest, only, texts
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("location_profile", "locations", "location_id", only("name")),
    reads("location_address", "locations", "location_id", only("address")),
    reads("location_phone", "locations", "location_id", only("phone")),
    reads("location_hours", "locations", "location_id", texts("{opens_at} to {closes_at}")),
    reads("location_team", "barbers", "location_id", texts("{full_name}")),
    reads("location_offer", "services", "location_id", texts("{name}")),
    reads("location_closure", "blackout_dates", "location_id", newest("day")),
    reads("location_guest", "barber_locations", "location_id", count()),
)
