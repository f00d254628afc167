"""Breakers: in front of each external service, whether, how many at once and for how long it is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from reference_app.domain.errors import UnavailableError
from reference_app.scalability.alerts import Alerts
from reference_app.scalability.circuit_breaker import BreakerRules, Change, CircuitBreaker, Outcome
from reference_app.scalability.leases import Leases, ended
from reference_app.settings import BreakerLimit

T = TypeVar("T")

CALLS_AT_ONCE = 16
"""Calls of one service: the other services, and all that needs none, have the rest of the process."""
WAIT_S = 1.0
"""For one of those calls to end; a caller who waits longer is answered."""


@dataclass(frozen=True, slots=True)
class _Patience:
    """What is slow for a service, and after how long it is given up."""

    slow_s: float
    timeout_s: float


_PATIENCE: Mapping[str, _Patience] = {
    "payments": _Patience(1.0, 2.0),
    "email": _Patience(2.0, 3.0),
    "sms": _Patience(2.0, 3.0),
    "calendar": _Patience(1.0, 2.0),
}


class Breakers(Protocol):
    """Decides about each call of a service."""

    async def run(self, service: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work, which asks the service, or refuse it.

        Raises:
            CallRefusedError: the service is not asked now.
            AcquisitionTimeoutError: too many others ask it now.
            TimeoutError: it took too long.
        """

    def snapshot(self) -> dict[str, Any] | None:
        """Show each service's breaker, as JSON; None where there are none."""


class NoBreakers:
    """Every call is made, however the ones before it went."""

    async def run(self, service: str, work: Callable[[], Awaitable[T]]) -> T:  # noqa: ARG002 - any service
        """Do the work."""
        return await work()

    def snapshot(self) -> None:
        """Show nothing."""


@dataclass(frozen=True, slots=True)
class _Guard:
    """What stands in front of one service."""

    breaker: CircuitBreaker
    calls: Leases
    timeout_s: float


class CircuitBreakers:
    """A breaker, a limit of calls at once and a time limit for each service.

    `UnavailableError` and a timeout are the service's failures; whatever else it answers, a declined payment
    too, shows that it works. A caller who gives up shows nothing.
    """

    def __init__(self, limits: Mapping[str, BreakerLimit], alerts: Alerts) -> None:
        self._alerts = alerts
        self._guards = {service: self._guard(service, limits[service]) for service in _PATIENCE}

    async def run(self, service: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work, or refuse it at once when the breaker is open."""
        guard = self._guards[service]
        if guard.breaker.would_refuse():
            guard.breaker.admit()  # raises; nobody waits behind calls that hang
        with ended(await guard.calls.acquire()):
            call = guard.breaker.admit()
            outcome: Outcome = "success"
            try:
                async with asyncio.timeout(guard.timeout_s):
                    return await work()
            except (UnavailableError, TimeoutError):
                outcome = "failure"
                raise
            except asyncio.CancelledError:
                outcome = "ignored"
                raise
            finally:
                call.end(outcome)

    def snapshot(self) -> dict[str, Any]:
        """Show each service's breaker, as JSON."""
        return {
            service: {**guard.breaker.snapshot(), "calls": guard.calls.snapshot()}
            for service, guard in self._guards.items()
        }

    def _guard(self, service: str, limit: BreakerLimit) -> _Guard:
        patience = _PATIENCE[service]
        breaker = CircuitBreaker(service, rules_of(limit, patience.slow_s), on_change=self._changed)
        return _Guard(breaker, Leases(service, CALLS_AT_ONCE, WAIT_S), patience.timeout_s)

    def _changed(self, change: Change) -> None:
        key, service = f"breaker {change.breaker}", change.breaker
        if change.after == "open":
            sentence = f"The {service} service is not asked for now: {change.reason}."
            self._alerts.report(key, "high", sentence)
        elif change.after == "closed":
            self._alerts.clear(key, f"The {service} service is asked again: {change.reason}.")


def rules_of(limit: BreakerLimit, slow_s: float) -> BreakerRules:
    """Make the rules of a published limit: so many failures are the majority of the calls judged."""
    window_count = 2 * limit.failure_count - 1
    return BreakerRules(
        window_count=window_count,
        minimum_count=window_count,
        failure_share=limit.failure_count / window_count,
        slow_share=limit.failure_count / window_count,
        slow_s=slow_s,
        open_s=limit.open_s,
    )
