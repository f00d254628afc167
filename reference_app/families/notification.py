"""Notifications: twelve services that each write their own kind of message."""

from reference_app.families.duty import Duty
from reference_app.families.figures import only, texts
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("booking_notification", "locations", "location_id", texts("You are booked at {name}.")),
    reads("reminder_notification", "locations", "location_id", texts("We see you soon at {address}.")),
    reads(
        "cancellation_notification",
        "locations",
        "location_id",
        texts("Cancelled; call {phone} with questions."),
    ),
    reads("reschedule_notification", "barbers", "barber_id", texts("{full_name} has a new time for you.")),
    reads("receipt_notification", "services", "service_id", texts("{name}: {price_cents} cents")),
    reads("review_notification", "barbers", "barber_id", texts("How was it with {full_name}?")),
    reads("loyalty_notification", "loyalty_accounts", "client_id", texts("You have {points} points.")),
    reads(
        "gift_notification", "gift_certificates", "client_id", texts("{code}: {remaining_cents} cents left")
    ),
    reads("waitlist_notification", "waitlist_entries", "client_id", texts("Something may be free on {day}.")),
    reads("email_channel", "clients", "client_id", only("email")),
    reads("text_channel", "clients", "client_id", only("phone")),
    reads("channel_preference", "clients", "client_id", only("preferences")),
)
