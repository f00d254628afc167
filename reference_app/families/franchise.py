"""Franchise: twelve services that compare one shop with itself."""

from reference_app.families.duty import Duty
from reference_app.families.figures import average, count, distinct, only, share, texts
from reference_app.families.reading import reads, reads_all

DUTIES: tuple[Duty, ...] = (
    reads("franchise_site", "locations", "location_id", only("code")),
    reads("franchise_directory", "locations", "location_id", texts("{code} {name}")),
    reads("franchise_staffing", "barbers", "location_id", count()),
    reads("franchise_active_staff", "barbers", "location_id", share("is_active", True)),
    reads("franchise_price_level", "services", "location_id", average("price_cents")),
    reads("franchise_offer", "services", "location_id", distinct("name")),
    reads("franchise_buffer", "services", "location_id", average("buffer_minutes")),
    reads("franchise_commission", "barbers", "location_id", average("commission_bps")),
    reads("franchise_guest_barber", "barber_locations", "location_id", share("is_home", False)),
    reads("franchise_closure", "blackout_dates", "location_id", count()),
    reads("franchise_rule", "booking_rules", "location_id", only("step_minutes")),
    reads_all("franchise_time_zone", "locations", distinct("timezone")),
)
