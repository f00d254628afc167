"""Caches: five services that count what would be worth keeping."""

from reference_app.families.duty import Duty
from reference_app.families.figures import count, longest
from reference_app.families.reading import reads, reads_all

DUTIES: tuple[Duty, ...] = (
    reads_all("directory_cache", "locations", count()),
    reads("price_cache", "services", "location_id", count()),
    reads("profile_cache", "clients", "client_id", longest("preferences")),
    reads("availability_cache", "barber_availability", "barber_id", count()),
    reads("session_cache", "sessions", "user_id", count()),
)
