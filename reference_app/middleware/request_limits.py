"""How many requests a caller may make in a minute: accounts one by one, strangers by their address."""

from dataclasses import dataclass

from aiohttp import web

from reference_app.domain.errors import TooManyRequestsError
from reference_app.domain.people import User
from reference_app.settings import Settings

WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whose requests are counted together, and how many a minute may hold."""

    key: str
    request_count: int


def allowance_of(request: web.Request, caller: User | None, settings: Settings) -> Allowance:
    """Find what a request counts towards."""
    if caller is not None:
        return Allowance(f"account {caller.id}", settings.requests_per_minute)
    return Allowance(f"address {request.remote}", settings.anonymous_requests_per_minute)


def too_many_requests() -> TooManyRequestsError:
    """Make the refusal."""
    return TooManyRequestsError("rate_limited", "Too many requests; wait a minute.")
