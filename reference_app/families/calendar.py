"""Calendars: ten services that see the same hours from different sides."""

from reference_app.families.duty import Duty
from reference_app.families.figures import newest, oldest, only, texts
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads(
        "barber_calendar", "barber_availability", "barber_id", texts("{weekday}: {starts_at} to {ends_at}")
    ),
    reads("holiday_calendar", "blackout_dates", "location_id", texts("{day}: {reason}")),
    reads("absence_calendar", "barber_time_off", "barber_id", texts("{starts_at}: {reason}")),
    reads("special_day_calendar", "barber_special_availability", "barber_id", texts("{day}: {starts_at}")),
    reads("client_calendar", "appointments", "client_id", oldest("starts_at")),
    reads("opening_calendar", "locations", "location_id", texts("{opens_at} to {closes_at}")),
    reads("series_calendar", "recurring_series", "client_id", newest("ends_on")),
    reads("booking_window", "booking_rules", "location_id", only("max_advance_days")),
    reads("calendar_grid", "booking_rules", "location_id", only("step_minutes")),
    reads("time_zone", "locations", "location_id", only("timezone")),
)
