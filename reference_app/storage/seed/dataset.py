"""The business as columns, table by table: the same scale and seed always give the same bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from reference_app.domain.passwords import hash_password
from reference_app.domain.people import folded
from reference_app.storage.seed.copy_format import (
    Choice,
    Column,
    Nullable,
    Text,
    bigints,
    booleans,
    dates,
    integers,
    timestamps,
    wall_clocks,
)
from reference_app.storage.seed.places import (
    CITIES,
    SERVICE_KINDS,
    STEP_MINUTES,
    STREETS,
    WORKING_MINUTES,
    Places,
    calendar,
    full_names,
    make_places,
)
from reference_app.storage.seed.series import Series, make_series
from reference_app.storage.seed.sizes import ANCHOR_DAY, FUTURE_DAYS, PAST_DAYS, Sizes, sizes
from reference_app.storage.seed.visits import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    NO_SHOW,
    PENDING,
    STATUSES,
    Ints,
    Visits,
    make_visits,
)

PASSWORD = "kpibench-demo"  # noqa: S105 - the data is a public demonstration; every account shares it
OWNER_EMAIL = "owner@example.test"

_ANCHOR = ANCHOR_DAY.astype("datetime64[s]")
_NOTES = (
    "",
    "",
    "Prefers a quiet chair near the window and no small talk, please.",
    "Allergic to a common hair dye ingredient; a patch test is on file from last year.",
    "Asked for the same fade as the last time: number two at the sides, scissors on top.",
    "Arrives by train and may be up to five minutes late; has phoned ahead to say so.",
    "Brings a child along; please keep the neighbouring chair free if at all possible.",
    "Gift certificate to be redeemed at the till after the appointment.",
)
_COMMENTS = (
    "Great cut, friendly people, will come again.",
    "On time and exactly as agreed. The hot towel is worth every cent.",
    "A little rushed this time, but the result is good.",
    "The best beard trim in town; booked the next one on the way out.",
    "Had to wait a quarter of an hour although I was early.",
)
_PREFERENCES = (
    '{"drink": "coffee", "contact": "email"}',
    '{"drink": "water", "contact": "sms", "music": "none"}',
    '{"drink": "tea", "contact": "email", "products": ["matte clay", "beard oil"]}',
    '{"contact": "phone", "accessibility": "step-free entrance"}',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table's rows, column by column; `id` columns hold their own values."""

    name: str
    columns: Mapping[str, Column]

    @property
    def row_count(self) -> int:
        """Count the rows."""
        return len(next(iter(self.columns.values())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What was drawn, before it is laid out as tables."""

    size: Sizes
    seed: int
    places: Places
    client_location: Ints
    visits: Visits
    series: Series

    def random(self, topic: int) -> np.random.Generator:
        """Make the generator of one topic: a change in one table leaves the others as they are."""
        return np.random.default_rng([self.seed, topic])


def draw(scale: float, seed: int) -> Drawn:
    """Draw shops, clients and appointments."""
    size = sizes(scale)
    places = make_places(size, np.random.default_rng([seed, 1]))
    client_location = np.arange(size.clients) * size.locations // size.clients
    visits = make_visits(size.appointments, client_location, places, np.random.default_rng([seed, 2]))
    return Drawn(
        size=size,
        seed=seed,
        places=places,
        client_location=client_location,
        visits=visits,
        series=make_series(visits, size.barbers, np.random.default_rng([seed, 3])),
    )


def tables(drawn: Drawn) -> Iterator[Table]:
    """Yield every table that has rows to load."""
    yield _locations(drawn)
    yield _barbers(drawn)
    yield _barber_locations(drawn)
    yield _services(drawn)
    yield _booking_rules(drawn)
    yield _blackout_dates(drawn)
    yield _barber_availability(drawn)
    yield _barber_special_availability(drawn)
    yield _barber_time_off(drawn)
    yield _clients(drawn)
    yield _users(drawn)
    yield _loyalty_accounts(drawn)
    yield _gift_certificates(drawn)
    yield appointments(drawn)
    yield _payments(drawn)
    yield _notifications(drawn)
    yield _reviews(drawn)
    yield _waitlist_entries(drawn)


def _ids(count: int) -> Ints:
    return np.arange(1, count + 1)


def _locations(drawn: Drawn) -> Table:
    count = drawn.size.locations
    numbers = range(1, count + 1)
    cities = [CITIES[i % len(CITIES)] for i in range(count)]
    streets = [STREETS[i % len(STREETS)] for i in range(count)]
    return Table(
        name="locations",
        columns={
            "id": bigints(_ids(count)),
            "code": Text([f"L{n:04d}" for n in numbers]),
            "name": Text([f"{city}, {street}" for city, street in zip(cities, streets, strict=True)]),
            "timezone": Text(drawn.places.timezones),
            "address": Text([f"{10 + n} {s}, {c}" for n, s, c in zip(numbers, streets, cities, strict=True)]),
            "phone": Text([f"+1 555 01{n:05d}" for n in numbers]),
            "opens_at": wall_clocks(np.full(count, 9 * 60)),
            "closes_at": wall_clocks(np.full(count, 20 * 60)),
        },
    )


def _barbers(drawn: Drawn) -> Table:
    count = drawn.size.barbers
    rng = drawn.random(10)
    names = full_names(count, rng)
    years = rng.integers(1, 30, count).tolist()
    return Table(
        name="barbers",
        columns={
            "id": bigints(_ids(count)),
            "location_id": bigints(drawn.places.barber_location + 1),
            "full_name": Text(names),
            "bio": Text(
                [
                    f"{n} has cut hair for {y} years and likes classic shapes."
                    for n, y in zip(names, years, strict=True)
                ]
            ),
            "commission_bps": integers(drawn.places.barber_commission_bps),
            "is_active": booleans(np.ones(count)),
        },
    )


def _barber_locations(drawn: Drawn) -> Table:
    """Every barber's home, and for each tenth one a second shop where they may stand in."""
    home = drawn.places.barber_location
    guest = np.arange(0, drawn.size.barbers, 10)
    second = (home[guest] + 1) % drawn.size.locations
    return Table(
        name="barber_locations",
        columns={
            "barber_id": bigints(np.concatenate([_ids(drawn.size.barbers), guest + 1])),
            "location_id": bigints(np.concatenate([home + 1, second + 1])),
            "is_home": booleans(np.arange(len(home) + len(guest)) < len(home)),
        },
    )


def _services(drawn: Drawn) -> Table:
    count = drawn.size.locations * len(SERVICE_KINDS)
    kind = np.arange(count) % len(SERVICE_KINDS)
    location = np.arange(count) // len(SERVICE_KINDS)
    price = np.array([k.price_cents for k in SERVICE_KINDS])[kind] * drawn.places.price_level[location]
    return Table(
        name="services",
        columns={
            "id": bigints(_ids(count)),
            "location_id": bigints(location + 1),
            "name": Choice([k.name for k in SERVICE_KINDS], kind),
            "description": Choice([k.description for k in SERVICE_KINDS], kind),
            "duration_minutes": integers(np.array([k.duration_minutes for k in SERVICE_KINDS])[kind]),
            "buffer_minutes": integers(np.array([k.buffer_minutes for k in SERVICE_KINDS])[kind]),
            "price_cents": integers(np.rint(price)),
        },
    )


def _booking_rules(drawn: Drawn) -> Table:
    count = drawn.size.locations
    return Table(
        name="booking_rules",
        columns={
            "location_id": bigints(_ids(count)),
            "step_minutes": integers(np.full(count, STEP_MINUTES)),
            "max_advance_days": integers(np.full(count, FUTURE_DAYS)),
        },
    )


def _blackout_dates(drawn: Drawn) -> Table:
    location, day = drawn.places.blackouts.T
    reasons = ("Public holiday", "Staff training", "Refurbishment of the shop floor")
    return Table(
        name="blackout_dates",
        columns={
            "location_id": bigints(location + 1),
            "day": dates(calendar()[day]),
            "reason": Choice(reasons, np.arange(len(day)) % len(reasons)),
        },
    )


def _barber_availability(drawn: Drawn) -> Table:
    barber, weekday = np.nonzero(drawn.places.weekly)
    start = drawn.places.shift_start_minute[barber]
    return Table(
        name="barber_availability",
        columns={
            "id": bigints(_ids(len(barber))),
            "barber_id": bigints(barber + 1),
            "weekday": integers(weekday + 1),
            "starts_at": wall_clocks(start),
            "ends_at": wall_clocks(start + WORKING_MINUTES),
        },
    )


def _barber_special_availability(drawn: Drawn) -> Table:
    """Every third barber opens on one Sunday ahead, for the afternoon."""
    barber = np.arange(0, drawn.size.barbers, 3)
    # The anchor is a Monday: its week's Sunday is six days on.
    sunday = ANCHOR_DAY + 6 + 7 * (np.arange(len(barber)) % (FUTURE_DAYS // 7))
    return Table(
        name="barber_special_availability",
        columns={
            "id": bigints(_ids(len(barber))),
            "barber_id": bigints(barber + 1),
            "day": dates(sunday),
            "starts_at": wall_clocks(np.full(len(barber), 12 * 60)),
            "ends_at": wall_clocks(np.full(len(barber), 17 * 60)),
        },
    )


def _barber_time_off(drawn: Drawn) -> Table:
    barber, first, days = drawn.places.absences.T
    offset = drawn.places.offset_minutes[drawn.places.barber_location[barber], first].astype("timedelta64[m]")
    start = calendar()[first].astype("datetime64[s]") - offset
    reasons = ("Holiday", "Sick leave", "Further training", "Family matters")
    return Table(
        name="barber_time_off",
        columns={
            "id": bigints(_ids(len(barber))),
            "barber_id": bigints(barber + 1),
            "starts_at": timestamps(start),
            "ends_at": timestamps(start + days.astype("timedelta64[D]")),
            "reason": Choice(reasons, np.arange(len(barber)) % len(reasons)),
        },
    )


def _clients(drawn: Drawn) -> Table:
    count = drawn.size.clients
    rng = drawn.random(11)
    completed = drawn.visits.status == COMPLETED
    paid = drawn.visits.price_cents[completed] - _refunds(drawn)
    visits = np.bincount(drawn.visits.client[completed], minlength=count)
    spent = np.bincount(drawn.visits.client[completed], weights=paid, minlength=count).astype(np.int64)
    names = full_names(count, rng)
    return Table(
        name="clients",
        columns={
            "id": bigints(_ids(count)),
            "home_location_id": bigints(drawn.client_location + 1),
            "full_name": Text(names),
            "search_name": Text([folded(name) for name in names]),
            "email": Text([client_email(n) for n in range(1, count + 1)]),
            "phone": Text([f"+1 555 {n:07d}" for n in rng.integers(0, 10_000_000, count).tolist()]),
            "customer_type": Choice(("new", "regular", "vip"), np.digitize(visits, [2, 20])),
            "visit_count": integers(visits),
            "total_spent_cents": bigints(spent),
            "preferences": Choice(_PREFERENCES, rng.integers(0, len(_PREFERENCES), count)),
            "created_at": timestamps(
                _ANCHOR - rng.integers(0, 3 * 365 * 86_400, count).astype("timedelta64[s]")
            ),
        },
    )


def client_email(number: int) -> str:
    """Name the account of the client with this id."""
    return f"client{number:06d}@example.test"


def staff_email(location_id: int) -> str:
    """Name the account of the front desk at this location."""
    return f"staff{location_id:04d}@example.test"


def barber_email(barber_id: int) -> str:
    """Name the account of a barber, who has a second factor."""
    return f"barber{barber_id:04d}@example.test"


def _users(drawn: Drawn) -> Table:
    """The owner, a front desk for each location, every client, then every barber."""
    desks, clients, barbers = drawn.size.locations, drawn.size.clients, drawn.size.barbers
    count = 1 + desks + clients + barbers
    role = np.concatenate([[2], np.full(desks, 1), np.zeros(clients, dtype=np.int64), np.full(barbers, 1)])
    own_id = np.concatenate([[0], _ids(desks), _ids(clients), drawn.places.barber_location + 1])
    desk_names = [f"Front desk L{n:04d}" for n in range(1, desks + 1)]
    salt = drawn.random(12).bytes(16)
    return Table(
        name="users",
        columns={
            "id": bigints(_ids(count)),
            "email": Text(
                [
                    OWNER_EMAIL,
                    *(staff_email(n) for n in range(1, desks + 1)),
                    *(client_email(n) for n in range(1, clients + 1)),
                    *(barber_email(n) for n in range(1, barbers + 1)),
                ]
            ),
            "full_name": Text(
                [
                    "The owner",
                    *desk_names,
                    *full_names(clients, drawn.random(11)),
                    *full_names(barbers, drawn.random(10)),
                ]
            ),
            "role": Choice(("client", "staff", "owner"), role),
            "password_hash": Choice((hash_password(PASSWORD, salt),), np.zeros(count, dtype=np.int64)),
            "client_id": Nullable(bigints(own_id), role == 0),
            "location_id": Nullable(bigints(own_id), role == 1),
            "created_at": timestamps(np.full(count, _ANCHOR - np.timedelta64(3 * 365, "D"))),
        },
    )


def _loyalty_accounts(drawn: Drawn) -> Table:
    count = drawn.size.clients
    points = drawn.random(13).integers(0, 5_000, count)
    return Table(
        name="loyalty_accounts",
        columns={
            "client_id": bigints(_ids(count)),
            "points": integers(points),
            "tier": Choice(("bronze", "silver", "gold"), np.digitize(points, [2_000, 4_000])),
            "updated_at": timestamps(np.full(count, _ANCHOR)),
        },
    )


def _gift_certificates(drawn: Drawn) -> Table:
    rng = drawn.random(14)
    count = drawn.size.clients // 20
    value = rng.choice([2_500, 5_000, 10_000], count)
    return Table(
        name="gift_certificates",
        columns={
            "id": bigints(_ids(count)),
            "client_id": bigints(rng.integers(1, drawn.size.clients + 1, count)),
            "value_cents": integers(value),
            "remaining_cents": integers((value * rng.random(count)).astype(np.int64)),
            "expires_on": dates(ANCHOR_DAY + rng.integers(1, 700, count)),
            "code": Text(
                [f"GIFT-{n:06d}-{c:08X}" for n, c in enumerate(rng.integers(0, 2**32, count).tolist())]
            ),
        },
    )


def appointments(drawn: Drawn) -> Table:
    """Lay out the appointments, in the order in which they were booked."""
    visits = drawn.visits
    rng = drawn.random(15)
    count = len(visits.barber)
    location = drawn.places.barber_location[visits.barber]
    duration = np.array([k.duration_minutes for k in SERVICE_KINDS])[visits.kind].astype("timedelta64[m]")
    buffer = np.array([k.buffer_minutes for k in SERVICE_KINDS])[visits.kind].astype("timedelta64[m]")
    cancelled = visits.status == CANCELLED
    sources = ("web", "app", "phone", "walk-in")
    return Table(
        name="appointments",
        columns={
            "id": bigints(_ids(count)),
            "location_id": bigints(location + 1),
            "barber_id": bigints(visits.barber + 1),
            "client_id": bigints(visits.client + 1),
            "service_id": bigints(location * len(SERVICE_KINDS) + visits.kind + 1),
            "starts_at": timestamps(visits.starts_at),
            "ends_at": timestamps(visits.starts_at + duration),
            "blocked_until": timestamps(visits.starts_at + duration + buffer),
            "price_cents": integers(visits.price_cents),
            "version": integers(np.where(cancelled, 2, 1)),
            "created_at": timestamps(visits.created_at),
            "updated_at": timestamps(visits.created_at),
            "status": Choice(STATUSES, visits.status),
            "source": Choice(sources, rng.choice(len(sources), count, p=[0.45, 0.35, 0.15, 0.05])),
            "notes": Choice(_NOTES, rng.integers(0, len(_NOTES), count)),
            "recurring_series_id": Nullable(bigints(drawn.series.of_visit + 1), drawn.series.of_visit >= 0),
            "cancelled_at": Nullable(timestamps(visits.created_at), cancelled),
        },
    )


def _refunds(drawn: Drawn) -> Ints:
    """Refund of each completed appointment, in cents: one in a hundred is refunded in full."""
    price = drawn.visits.price_cents[drawn.visits.status == COMPLETED]
    return np.where(drawn.random(16).random(len(price)) < 0.01, price, 0)


def _payments(drawn: Drawn) -> Table:
    paid = np.flatnonzero(drawn.visits.status == COMPLETED)
    visits = drawn.visits
    barber = visits.barber[paid]
    amount = visits.price_cents[paid]
    fee = amount * 290 // 10_000
    commission = (amount - fee) * drawn.places.barber_commission_bps[barber] // 10_000
    duration = np.array([k.duration_minutes for k in SERVICE_KINDS])[visits.kind[paid]].astype(
        "timedelta64[m]"
    )
    methods = ("card", "cash", "wallet")
    return Table(
        name="payments",
        columns={
            "id": bigints(_ids(len(paid))),
            "appointment_id": bigints(paid + 1),
            "location_id": bigints(drawn.places.barber_location[barber] + 1),
            "barber_id": bigints(barber + 1),
            "client_id": bigints(visits.client[paid] + 1),
            "amount_cents": integers(amount),
            "platform_fee_cents": integers(fee),
            "barber_cents": integers(amount - fee - commission),
            "commission_cents": integers(commission),
            "refunded_cents": integers(_refunds(drawn)),
            "paid_at": timestamps(visits.starts_at[paid] + duration),
            "method": Choice(methods, drawn.random(17).choice(len(methods), len(paid), p=[0.6, 0.15, 0.25])),
            "reference": Text([f"pay_{n:012d}" for n in (paid + 1).tolist()]),
        },
    )


def _notifications(drawn: Drawn) -> Table:
    """A reminder for every appointment ahead, still queued, and for those of the last two months, sent."""
    visits = drawn.visits
    is_ahead = np.isin(visits.status, [PENDING, CONFIRMED])
    was_reminded = np.isin(visits.status, [COMPLETED, NO_SHOW]) & (visits.day >= PAST_DAYS - 60)
    reminded = np.flatnonzero(is_ahead | was_reminded)
    count = len(reminded)
    channel = drawn.random(18).integers(0, 2, count)
    return Table(
        name="notifications",
        columns={
            "id": bigints(_ids(count)),
            "appointment_id": bigints(reminded + 1),
            "created_at": timestamps(visits.created_at[reminded]),
            "kind": Choice(("reminder",), np.zeros(count, dtype=np.int64)),
            "channel": Choice(("email", "sms"), channel),
            "status": Choice(("sent", "queued"), is_ahead[reminded].astype(np.int64)),
            "body": Choice(
                ("Your appointment is coming up. Reply to this message to change it.",),
                np.zeros(count, dtype=np.int64),
            ),
        },
    )


def _reviews(drawn: Drawn) -> Table:
    rng = drawn.random(19)
    completed = np.flatnonzero(drawn.visits.status == COMPLETED)
    chosen = completed[rng.random(len(completed)) < 0.15]
    count = len(chosen)
    return Table(
        name="reviews",
        columns={
            "id": bigints(_ids(count)),
            "appointment_id": bigints(chosen + 1),
            "client_id": bigints(drawn.visits.client[chosen] + 1),
            "barber_id": bigints(drawn.visits.barber[chosen] + 1),
            "rating": integers(rng.choice([1, 2, 3, 4, 5], count, p=[0.02, 0.03, 0.1, 0.3, 0.55])),
            "created_at": timestamps(drawn.visits.starts_at[chosen] + np.timedelta64(1, "D")),
            "comment": Choice(_COMMENTS, rng.integers(0, len(_COMMENTS), count)),
        },
    )


def _waitlist_entries(drawn: Drawn) -> Table:
    rng = drawn.random(20)
    count = drawn.size.clients // 100
    client = rng.integers(0, drawn.size.clients, count)
    location = drawn.client_location[client]
    # Barbers are dealt out to the locations in turn: this one is the location's first.
    barber = location
    return Table(
        name="waitlist_entries",
        columns={
            "id": bigints(_ids(count)),
            "client_id": bigints(client + 1),
            "barber_id": bigints(barber + 1),
            "service_id": bigints(location * len(SERVICE_KINDS) + 1),
            "day": dates(ANCHOR_DAY + rng.integers(1, FUTURE_DAYS, count)),
            "created_at": timestamps(np.full(count, _ANCHOR - np.timedelta64(1, "D"))),
        },
    )
