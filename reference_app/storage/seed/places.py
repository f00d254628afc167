"""Shops, barbers, services, opening hours, absences: the small tables that appointments refer to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from reference_app.storage.seed.sizes import ANCHOR_DAY, FUTURE_DAYS, PAST_DAYS, Sizes

DAY_COUNT = PAST_DAYS + FUTURE_DAYS + 1
WORKING_MINUTES = 9 * 60
"""Every shift is nine hours long; when it begins differs by barber."""
STEP_MINUTES = 15

TIMEZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Europe/London",
    "America/Los_Angeles",
    "Europe/Madrid",
    "America/Chicago",
)
CITIES = ("Berlin", "New York", "London", "Los Angeles", "Madrid", "Chicago")
STREETS = (
    "Market Street",
    "High Street",
    "Station Road",
    "Mill Lane",
    "Church Street",
    "Park Avenue",
    "Quay Side",
)

FIRST_NAMES = (
    *("Alex", "Amara", "Bruno", "Carla", "Chidi", "Dana", "Elif", "Emil", "Fatima", "Georg", "Hana", "Ivan"),
    *("Jonas", "Kofi", "Lena", "Luca", "Maria", "Miguel", "Noor", "Olga", "Priya", "Quinn", "Rosa", "Samuel"),
    *("Tariq", "Uma", "Viktor", "Wanda", "Xavier", "Yara", "Zoë", "Łukasz"),
)
LAST_NAMES = (
    *(
        "Adeyemi",
        "Bauer",
        "Castillo",
        "Dubois",
        "Eriksen",
        "Fischer",
        "García",
        "Hansen",
        "Ivanova",
        "Jansen",
    ),
    *(
        "Kowalski",
        "Lindqvist",
        "Moreau",
        "Novak",
        "O'Brien",
        "Petrov",
        "Quintero",
        "Rossi",
        "Schmidt",
        "Tanaka",
    ),
    *("Usman", "Vogel", "Weber", "Xu", "Şahin", "Zimmermann", "Okafor", "Sørensen", "Walker", "Haddad"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKind:
    """A service that every shop sells, at its own price level."""

    name: str
    description: str
    duration_minutes: int
    buffer_minutes: int
    price_cents: int
    share: float
    """Of all appointments."""

    @property
    def steps(self) -> int:
        """Grid steps for which the barber is blocked, rounded up."""
        return -(-(self.duration_minutes + self.buffer_minutes) // STEP_MINUTES)


SERVICE_KINDS = (
    ServiceKind(
        name="Haircut",
        description="Consultation, wash, cut and finish with the products of the house.",
        duration_minutes=30,
        buffer_minutes=5,
        price_cents=3_200,
        share=0.36,
    ),
    ServiceKind(
        name="Beard trim",
        description="Shaping and trimming of beard and moustache, hot towel, oil.",
        duration_minutes=20,
        buffer_minutes=5,
        price_cents=1_900,
        share=0.2,
    ),
    ServiceKind(
        name="Haircut and beard",
        description="The full programme: cut, beard trim, hot towel and styling.",
        duration_minutes=45,
        buffer_minutes=10,
        price_cents=4_700,
        share=0.22,
    ),
    ServiceKind(
        name="Straight-razor shave",
        description="Traditional shave with two passes, hot and cold towels, balm.",
        duration_minutes=30,
        buffer_minutes=10,
        price_cents=3_500,
        share=0.07,
    ),
    ServiceKind(
        name="Children's haircut",
        description="A patient cut for guests up to twelve years of age.",
        duration_minutes=25,
        buffer_minutes=5,
        price_cents=2_200,
        share=0.09,
    ),
    ServiceKind(
        name="Colour and cut",
        description="Colouring with a patch test on file, cut and styling; two visits to the basin.",
        duration_minutes=60,
        buffer_minutes=15,
        price_cents=8_900,
        share=0.06,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The shops and who works in them; rows of an array are in order of id, ids count from 1."""

    timezones: Sequence[str]
    offset_minutes: npt.NDArray[np.int64]
    """Minutes ahead of UTC at noon, by location and day. Shops open after the hour in which clocks change."""
    price_level: npt.NDArray[np.float64]
    """By location."""
    barber_location: npt.NDArray[np.int64]
    """Index of the location, by barber."""
    barber_commission_bps: npt.NDArray[np.int64]
    shift_start_minute: npt.NDArray[np.int64]
    """By barber."""
    works: npt.NDArray[np.bool_]
    """By barber and day of the calendar, absences and blackout days taken out."""
    weekly: npt.NDArray[np.bool_]
    """By barber and weekday, Monday first."""
    popularity: npt.NDArray[np.float64]
    """By barber."""
    absences: npt.NDArray[np.int64]
    """Rows of barber index, first day, number of days."""
    blackouts: npt.NDArray[np.int64]
    """Rows of location index and day."""


def calendar() -> npt.NDArray[np.datetime64]:
    """Every day of the data, the past year first."""
    return ANCHOR_DAY - PAST_DAYS + np.arange(DAY_COUNT)


def weekdays() -> npt.NDArray[np.int64]:
    """Weekday of each day of the calendar, Monday = 0."""
    # 1970-01-01, day 0 of datetime64, was a Thursday.
    return (calendar().astype(np.int64) + 3) % 7


def make_places(size: Sizes, rng: np.random.Generator) -> Places:
    """Draw shops and barbers: some barbers are several times as popular as others."""
    timezones = [TIMEZONES[i % len(TIMEZONES)] for i in range(size.locations)]
    barber_location = np.arange(size.barbers) % size.locations
    weekly = _weekly_days(size.barbers, rng)
    absences = _absences(size.barbers, rng)
    blackouts = _blackouts(size.locations, rng)
    return Places(
        timezones=timezones,
        offset_minutes=np.array([_offset_minutes(name) for name in timezones]),
        price_level=rng.choice([0.9, 1.0, 1.1, 1.25], size.locations),
        barber_location=barber_location,
        barber_commission_bps=rng.choice([4_000, 4_500, 5_000, 5_500], size.barbers),
        shift_start_minute=rng.choice([9 * 60, 10 * 60, 11 * 60], size.barbers, p=[0.4, 0.35, 0.25]),
        works=_working_days(weekly, absences, blackouts, barber_location),
        weekly=weekly,
        popularity=rng.lognormal(0.0, 0.7, size.barbers),
        absences=absences,
        blackouts=blackouts,
    )


def full_names(count: int, rng: np.random.Generator) -> list[str]:
    """Draw people's names."""
    first = rng.integers(0, len(FIRST_NAMES), count).tolist()
    last = rng.integers(0, len(LAST_NAMES), count).tolist()
    return [f"{FIRST_NAMES[f]} {LAST_NAMES[s]}" for f, s in zip(first, last, strict=True)]


def _offset_minutes(timezone: str) -> list[int]:
    zone = ZoneInfo(timezone)
    noon = datetime.combine(calendar()[0].item(), time(12), zone)
    return [_minutes_ahead(noon + timedelta(days=day)) for day in range(DAY_COUNT)]


def _minutes_ahead(moment: datetime) -> int:
    local = moment.replace(tzinfo=UTC) - moment.astimezone(UTC)
    return int(local.total_seconds()) // 60


def _weekly_days(barbers: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    weekly = np.ones((barbers, 7), dtype=np.bool_)
    weekly[:, 6] = False
    weekly[np.arange(barbers), rng.integers(0, 4, barbers)] = False
    return weekly


def _absences(barbers: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    per_barber = 5
    barber = np.repeat(np.arange(barbers), per_barber)
    first = rng.integers(0, DAY_COUNT, len(barber))
    days = rng.choice([1, 1, 2, 5, 10], len(barber))
    return np.stack([barber, first, days], axis=1)


def _blackouts(locations: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    per_location = 8
    # Each location's days are distinct: a shop is closed once on a day.
    days = np.stack([rng.choice(DAY_COUNT, per_location, replace=False) for _ in range(locations)])
    return np.stack([np.repeat(np.arange(locations), per_location), np.sort(days, axis=1).ravel()], axis=1)


def _working_days(
    weekly: npt.NDArray[np.bool_],
    absences: npt.NDArray[np.int64],
    blackouts: npt.NDArray[np.int64],
    barber_location: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    works: npt.NDArray[np.bool_] = weekly[:, weekdays()]
    for barber, first, days in absences.tolist():
        works[barber, first : first + days] = False
    closed = np.zeros((int(barber_location.max()) + 1, DAY_COUNT), dtype=np.bool_)
    closed[blackouts[:, 0], blackouts[:, 1]] = True
    return works & ~closed[barber_location]
