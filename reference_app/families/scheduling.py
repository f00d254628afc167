"""Scheduling: ten services that plan shifts and chairs."""

from reference_app.families.duty import Duty
from reference_app.families.figures import (
    count,
    distinct,
    hours,
    newest,
    oldest,
    share,
    tally,
    top,
    total,
)
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("shift", "barber_availability", "barber_id", oldest("starts_at")),
    reads("shift_end", "barber_availability", "barber_id", newest("ends_at")),
    reads("working_week", "barber_availability", "barber_id", distinct("weekday")),
    reads("stand_in", "barber_locations", "barber_id", share("is_home", False)),
    reads("home_shop", "barber_locations", "barber_id", top("location_id", limit=1)),
    reads("absence", "barber_time_off", "barber_id", hours("starts_at", "ends_at")),
    reads("special_shift", "barber_special_availability", "barber_id", count()),
    reads("chair_load", "appointments", "barber_id", hours("starts_at", "blocked_until")),
    reads("tidy_up", "services", "location_id", total("buffer_minutes")),
    reads("recurring_plan", "recurring_series", "barber_id", tally("interval_days")),
)
