"""What differs from one start of the application to the next."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

LEAKS = ("sessions", "tokens", "listeners", "metrics", "caches")
"""Kinds of memory leaks that BEFORE has (legacy/leaks.py)."""
REQUESTS_PER_MINUTE = 1_000
"""The enterprise tier."""
TIER_LIMITS: dict[str, tuple[int, int, int]] = {
    "free": (10, 100, 1_000),
    "basic": (60, 1_000, 10_000),
    "premium": (300, 5_000, 50_000),
    "enterprise": (1_000, 20_000, 200_000),
}
"""Requests a minute, an hour and a day."""
TIER_UNDER_WAY: dict[str, int] = {"free": 3, "basic": 10, "premium": 50, "enterprise": 200}
"""Requests of one caller that may be under way at the same time."""

_DEMO_TOKEN_SECRET = "kpibench-demo-secret-for-local-measurements-only"  # noqa: S105 - signs demo accounts' tokens


@dataclass(frozen=True, slots=True)
class BreakerLimit:
    """How many failures open a breaker, and for how long."""

    failure_count: int
    open_s: float


BREAKER_LIMITS: dict[str, BreakerLimit] = {
    "payments": BreakerLimit(3, 5.0),
    "email": BreakerLimit(5, 120.0),
    "sms": BreakerLimit(5, 120.0),
    "calendar": BreakerLimit(3, 180.0),
}
"""As published, but for payments, whose breaker was to stay open for 60 s (docs/adr/0025)."""


KEPT_ANSWERS_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to listen, which database to use, and what signs the session tokens."""

    database_url: str
    port: int
    host: str = "127.0.0.1"
    token_secret: str = os.environ.get("REFERENCE_APP_TOKEN_SECRET", _DEMO_TOKEN_SECRET)
    redis_url: str = ""
    """A Redis that instances share kept answers and rate limits in; without one, each keeps its own."""
    externals_url: str = ""
    """Where other companies' services are; without them, what needs them answers 503."""
    kept_answers_bytes: int = KEPT_ANSWERS_BYTES
    """What the answers that this process keeps may take, where `response_cache` is in."""
    pool_size: int = max(4, min(8, 2 * (os.cpu_count() or 2)))
    """Connections of the pool: a database works on about as many statements at once as it has cores."""
    requests_per_minute: int = REQUESTS_PER_MINUTE
    """Requests of one account."""
    anonymous_requests_per_minute: int = 12 * REQUESTS_PER_MINUTE
    """Requests without an account from one address, behind which a whole town may live."""
    tier: str | None = None
    """The key tier whose published limits, and those of each class of paths, callers are held to."""
    moves_per_minute: int = 300
    """Charges and refunds by one account: the premium tier."""
    leaks: frozenset[str] = frozenset(LEAKS)
    """Which of BEFORE's memory leaks are open; only the layers and services of BEFORE have any."""
    balancer_url: str = ""
    """The balancer in front, which is believed where a request comes from; empty: there is none."""
    has_memory_probe: bool = False
    """Anybody may ask what the process holds in memory, each time after a garbage collection."""
    alert_webhook: str = ""
    """Where alerts are posted besides the log."""
    breaker_limits: Mapping[str, BreakerLimit] = field(default_factory=lambda: BREAKER_LIMITS)
    """By external service."""
    acquisition_timeout_s: float = 5.0
    """For a database connection, where `resource_pools` lends them."""
