"""How many requests a caller may make: accounts one by one, strangers by their address.

Unless told otherwise there is one limit for each account, roomy enough for a load test. `Settings.tier` holds
callers to what was published: the limits of their key tier, and of each class of paths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from aiohttp import web

from reference_app.domain.errors import TooManyRequestsError
from reference_app.domain.people import User
from reference_app.middleware.endpoints import endpoint_of
from reference_app.middleware.origin import origin_of
from reference_app.scalability.rate_limiter import AdvancedRateLimiter
from reference_app.settings import TIER_LIMITS, Settings

MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 86_400

PathClass = Literal["login", "register", "payments", "appointments", "analytics", "public", "other"]


@dataclass(frozen=True, slots=True)
class ClassLimit:
    """How many requests of a class of paths a minute may hold, and how many may come at once."""

    per_minute: int
    burst: int


CLASS_LIMITS: dict[PathClass, ClassLimit] = {
    "login": ClassLimit(10, 5),
    "register": ClassLimit(5, 2),
    "payments": ClassLimit(20, 10),
    "appointments": ClassLimit(100, 50),
    "analytics": ClassLimit(50, 25),
    "public": ClassLimit(200, 100),
    "other": ClassLimit(60, 60),
}
_CLASS_OF: tuple[tuple[str, PathClass], ...] = (
    ("/auth/login", "login"),
    ("/auth/", "register"),
    ("/payments", "payments"),
    ("/appointments", "appointments"),
    ("/analytics", "analytics"),
    ("/locations", "public"),
    ("/availability", "public"),
    ("/barbers", "public"),
)


class Allowance(msgspec.Struct, frozen=True):
    """Whose requests are counted together, how many a window may hold, and how many may come at once.

    One is made for each request: as a frozen dataclass it would cost six times as much.
    """

    name: str
    """As `RateLimit-Policy` names it."""
    key: str
    request_count: int
    window_s: int
    burst: int


def allowances_of(
    request: web.Request, caller: User | None, settings: Settings, limiter: AdvancedRateLimiter[Any] | None
) -> Sequence[Allowance]:
    """List everything that a request counts towards; each must admit it. A limiter lowers a tier's quotas."""
    who = caller_key(request, caller)
    if settings.tier is None:
        per_minute = (
            settings.anonymous_requests_per_minute if caller is None else settings.requests_per_minute
        )
        return (Allowance("minute", who, per_minute, MINUTE_S, per_minute),)
    published = (*_of_tier(who, settings.tier), _of_class(who, path_class(request.path)))
    if limiter is None or not limiter.pressure.is_on:
        return published
    return [
        msgspec.structs.replace(
            one, request_count=limiter.adapted(one.request_count), burst=limiter.adapted(one.burst)
        )
        for one in published
    ]


def caller_key(request: web.Request, caller: User | None) -> str:
    """Name whose requests are counted together."""
    return f"address {origin_of(request)}" if caller is None else f"account {caller.id}"


def path_class(path: str) -> PathClass:
    """Tell the class of a path, whatever its channel and version."""
    endpoint = endpoint_of(path)
    return next((name for prefix, name in _CLASS_OF if endpoint.startswith(prefix)), "other")


def _of_tier(who: str, tier: str) -> Sequence[Allowance]:
    limits = zip(("minute", "hour", "day"), TIER_LIMITS[tier], (MINUTE_S, HOUR_S, DAY_S), strict=True)
    return [Allowance(name, f"{who} {name}", count, window_s, count) for name, count, window_s in limits]


def _of_class(who: str, name: PathClass) -> Allowance:
    limit = CLASS_LIMITS[name]
    return Allowance(name, f"{who} {name}", limit.per_minute, MINUTE_S, limit.burst)


def too_many_requests(retry_after_s: int = MINUTE_S) -> TooManyRequestsError:
    """Make the refusal."""
    return TooManyRequestsError("rate_limited", "Too many requests; wait a minute.", retry_after_s)
