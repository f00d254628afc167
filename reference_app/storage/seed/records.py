"""What a year of service leaves besides the business: series, log-ins, keys, audit trail, webhooks.

As much as the duty `purge` would find on any night: a little more than what is kept.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from reference_app.storage.seed.copy_format import Choice, Text, bigints, dates, integers, timestamps
from reference_app.storage.seed.dataset import Drawn, Table
from reference_app.storage.seed.places import SERVICE_KINDS
from reference_app.storage.seed.sizes import ANCHOR_DAY
from reference_app.storage.seed.visits import COMPLETED, Ints

_ANCHOR = ANCHOR_DAY.astype("datetime64[s]")
_DAY_S = 86_400
_SESSION_DAYS, _KEY_DAYS, _AUDIT_DAYS, _WEBHOOK_DAYS = 91, 31, 366, 91
"""A day longer than `purge` keeps them (storage/duties.py)."""
_USER_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X)",
    "Mozilla/5.0 (Linux; Android 15)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
)
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TIERS = ("free", "basic", "premium", "enterprise")


def records(drawn: Drawn) -> Iterator[Table]:
    """Yield the tables that the business itself does not need."""
    yield _recurring_series(drawn)
    yield _mfa_devices(drawn)
    yield _sessions(drawn)
    yield _api_keys(drawn)
    yield _audit_log(drawn)
    yield _idempotency_keys(drawn)
    yield _webhooks(drawn)


def _ids(count: int) -> Ints:
    return np.arange(1, count + 1)


def _accounts_of_clients(drawn: Drawn, count: int, rng: np.random.Generator) -> Ints:
    """Draw the accounts of clients, who stand behind the owner and the front desks."""
    chosen: Ints = 2 + drawn.size.locations + rng.integers(0, drawn.size.clients, count)
    return chosen


def _ago(count: int, days: int, rng: np.random.Generator) -> npt.NDArray[np.datetime64]:
    """Draw moments of the last days, the oldest first."""
    seconds = np.sort(rng.integers(1, days * _DAY_S, count))[::-1]
    moments: npt.NDArray[np.datetime64] = _ANCHOR - seconds.astype("timedelta64[s]")
    return moments


def _recurring_series(drawn: Drawn) -> Table:
    series = drawn.series
    location = drawn.places.barber_location[series.barber]
    return Table(
        name="recurring_series",
        columns={
            "id": bigints(_ids(len(series.client))),
            "client_id": bigints(series.client + 1),
            "barber_id": bigints(series.barber + 1),
            "service_id": bigints(location * len(SERVICE_KINDS) + series.kind + 1),
            "interval_days": integers(series.interval_days),
            "starts_on": dates(series.starts_on),
            "ends_on": dates(series.ends_on),
        },
    )


def _mfa_devices(drawn: Drawn) -> Table:
    """Every barber's phone; the front desks, which share an account, and clients have none."""
    rng = drawn.random(30)
    count = drawn.size.barbers
    first = 2 + drawn.size.locations + drawn.size.clients
    return Table(
        name="mfa_devices",
        columns={
            "id": bigints(_ids(count)),
            "user_id": bigints(first + np.arange(count)),
            "label": Choice(("My phone",), np.zeros(count, dtype=np.int64)),
            "secret": Text(["".join(letters) for letters in rng.choice([*_BASE32], (count, 32)).tolist()]),
            "created_at": timestamps(_ago(count, 365, rng)),
            "last_used_step": bigints(np.zeros(count, dtype=np.int64)),
        },
    )


def _sessions(drawn: Drawn) -> Table:
    rng = drawn.random(31)
    count = drawn.size.clients
    expires_at = _ago(count, _SESSION_DAYS, rng)
    return Table(
        name="sessions",
        columns={
            "id": bigints(_ids(count)),
            "user_id": bigints(_accounts_of_clients(drawn, count, rng)),
            "user_agent": Choice(_USER_AGENTS, rng.integers(0, len(_USER_AGENTS), count)),
            "created_at": timestamps(expires_at - np.timedelta64(2, "D")),
            "expires_at": timestamps(expires_at),
        },
    )


def _api_keys(drawn: Drawn) -> Table:
    """A key for one client in ten: their calendars ask for their appointments."""
    rng = drawn.random(32)
    count = drawn.size.clients // 10
    accounts = 2 + drawn.size.locations + rng.choice(drawn.size.clients, count, replace=False)
    return Table(
        name="api_keys",
        columns={
            "id": bigints(_ids(count)),
            "user_id": bigints(accounts),
            "tier": Choice(_TIERS, rng.choice(len(_TIERS), count, p=[0.7, 0.2, 0.08, 0.02])),
            "key_hash": Text([f"{key:016x}" for key in rng.integers(0, 2**63, count).tolist()]),
            "created_at": timestamps(_ago(count, 365, rng)),
        },
    )


def _audit_log(drawn: Drawn) -> Table:
    rng = drawn.random(33)
    count = 2 * drawn.size.clients
    actions = ("POST /api/v2/auth/login", "POST /api/v2/appointments", "GET /api/v2/clients/{id}/history")
    return Table(
        name="audit_log",
        columns={
            "id": bigints(_ids(count)),
            "user_id": bigints(_accounts_of_clients(drawn, count, rng)),
            "action": Choice(actions, rng.integers(0, len(actions), count)),
            "status": integers(rng.choice([200, 201, 401, 403, 409], count, p=[0.6, 0.25, 0.05, 0.05, 0.05])),
            "created_at": timestamps(_ago(count, _AUDIT_DAYS, rng)),
        },
    )


def _idempotency_keys(drawn: Drawn) -> Table:
    rng = drawn.random(34)
    count = drawn.size.clients // 2
    return Table(
        name="idempotency_keys",
        columns={
            "user_id": bigints(_accounts_of_clients(drawn, count, rng)),
            "key": Text([f"seed-{number:08d}" for number in range(count)]),
            "request_hash": Text([f"{part:016x}" for part in rng.integers(0, 2**63, count).tolist()]),
            "response": Choice(('{"id":0}',), np.zeros(count, dtype=np.int64)),
            "created_at": timestamps(_ago(count, _KEY_DAYS, rng)),
        },
    )


def _webhooks(drawn: Drawn) -> Table:
    """What the payment provider told of the payments of the last months."""
    visits = drawn.visits
    since = _ANCHOR - np.timedelta64(_WEBHOOK_DAYS, "D")
    is_told = (visits.status == COMPLETED) & (visits.starts_at >= since)
    paid = np.flatnonzero(is_told)
    paid = paid[np.argsort(visits.starts_at[paid], kind="stable")]
    # One event in a thousand tells another amount than ours: there is something to reconcile.
    told = visits.price_cents[paid] + (drawn.random(35).integers(0, 1_000, len(paid)) == 0)
    return Table(
        name="webhooks",
        columns={
            "id": bigints(_ids(len(paid))),
            "provider": Choice(("payments",), np.zeros(len(paid), dtype=np.int64)),
            "event": Choice(("payment.captured",), np.zeros(len(paid), dtype=np.int64)),
            "payload": Text(
                [
                    f'{{"reference": "pay_{number:012d}", "amount_cents": {cents}}}'
                    for number, cents in zip((paid + 1).tolist(), told.tolist(), strict=True)
                ]
            ),
            "created_at": timestamps(visits.starts_at[paid] + np.timedelta64(1, "h")),
        },
    )
