"""Booking: eight services that each look at one reason why a time could not be booked."""

from reference_app.families.duty import Duty
from reference_app.families.figures import distinct, hours, newest, only, share, tally
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("booking_barber", "barbers", "barber_id", only("is_active")),
    reads("booking_price", "services", "service_id", only("price_cents")),
    reads("booking_rules", "booking_rules", "location_id", only("max_advance_days")),
    reads("booking_hours", "barber_availability", "barber_id", tally("weekday")),
    reads("booking_special_hours", "barber_special_availability", "barber_id", newest("day")),
    reads("booking_time_off", "barber_time_off", "barber_id", hours("starts_at", "ends_at")),
    reads("booking_blackout", "blackout_dates", "location_id", distinct("day")),
    reads(
        "booking_conflict", "appointments", "barber_id", share("status", "pending", "confirmed", "completed")
    ),
)
