"""LoadBalancer: which instance a request goes to; pure, with clock and randomness from outside.

Two instances are drawn by weight and the one that costs less is taken (the power of two choices,
Mitzenmacher, doi:10.1109/71.963420). The cost is Finagle's peak EWMA: a moving average of the time to the
head of an answer that rises at once and falls slowly, times the requests that are there already. Outliers are
ejected with the defaults of Envoy's outlier detection.
"""

import math
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FORGETTING_S = 10.0
"""An instance that is not asked for so long costs a third of what it did: it will be tried again (Finagle's
default)."""
AVERAGE_S = 1.0
"""What an average looks back on: one expensive request is soon made up for by others."""
LEAST_KEPT = 0.7
"""Of what was known, however long ago: a slow instance that is tried again may be lucky once."""
CLEARLY = 1.5
"""Times the second's cost that the first drawn must cost to lose: below, chance alone makes the difference,
and the weights decide."""
UNKNOWN_S = 1e6
"""What an instance costs that has a request but no answer yet: nobody else goes there before that comes."""
FAILURES_TO_EJECT = 5
"""Failures in a row (Envoy: consecutive_5xx)."""
EJECTION_S = 30.0
"""The first ejection; each further one lasts as much longer (Envoy: base_ejection_time)."""
LONGEST_EJECTION_S = 300.0
"""Envoy: max_ejection_time."""
CALM_S = 10.0
"""A time without ejection that takes one ejection off the count (Envoy: interval)."""
MOST_EJECTED_PERCENT = 10
"""Of all instances, yet one always (Envoy: max_ejection_percent, always_eject_one_host)."""
CHECKS_TO_FALL = 2
"""Health checks in a row that must fail until an instance is not ready; one that succeeds takes it back."""


class Condition(StrEnum):
    """How an instance is."""

    HEALTHY = "healthy"
    EJECTED = "ejected"
    """It failed several times in a row and gets nothing for a while."""
    UNREADY = "unready"
    """It says so itself, or does not answer health checks."""
    DRAINING = "draining"
    """It gets no new requests and finishes those that it has."""
    GONE = "gone"
    """There is no process, or one that has not been ready yet."""


@dataclass(slots=True, kw_only=True)
class _Instance:
    """What is known of one process; the next one at its place begins anew."""

    id: str
    weight: float
    request_count: int = 0
    error_count: int = 0
    condition: Condition = Condition.GONE
    """Ejection aside."""
    cost_s: float = 0.0
    observed_at_s: float = 0.0
    in_flight_count: int = 0
    waiting: dict[int, float] = field(default_factory=dict)
    """Since when each request waits for its answer, oldest first."""
    failures_in_a_row: int = 0
    failed_check_count: int = 0
    ejection_count: int = 0
    ejected_until_s: float = 0.0

    def observe(self, duration_s: float, now_s: float) -> None:
        """Rise at once, fall slowly."""
        if duration_s > self.cost_s:
            self.cost_s = duration_s
        else:
            kept = max(math.exp((self.observed_at_s - now_s) / AVERAGE_S), LEAST_KEPT)
            self.cost_s = self.cost_s * kept + duration_s * (1 - kept)
        self.observed_at_s = now_s

    def load(self, now_s: float) -> float:
        """Say what one more request would cost here; what is not seen any more is forgotten."""
        if self.cost_s == 0.0 and self.in_flight_count:
            return UNKNOWN_S + self.in_flight_count / self.weight
        cost_s = self.cost_s * math.exp((self.observed_at_s - now_s) / FORGETTING_S)
        if self.waiting:
            # An instance that hangs answers nothing that could be observed.
            cost_s = max(cost_s, now_s - next(iter(self.waiting.values())))
        return cost_s * (1 + self.in_flight_count / self.weight)

    def is_ejected(self, now_s: float) -> bool:
        """Tell whether it still is."""
        return now_s < self.ejected_until_s

    def is_healthy(self, now_s: float) -> bool:
        """Tell whether it may get requests like any other."""
        return self.condition is Condition.HEALTHY and now_s >= self.ejected_until_s


class Lease:
    """One request at one instance, from the choice to the end of its answer."""

    __slots__ = ("_balancer", "_instance", "_is_open", "_number", "_sent_at_s")

    def __init__(self, balancer: "LoadBalancer", instance: _Instance, number: int, now_s: float) -> None:
        self._balancer = balancer
        self._instance = instance
        self._number = number
        self._sent_at_s = now_s
        self._is_open = True

    @property
    def instance_id(self) -> str:
        """Where the request goes."""
        return self._instance.id

    def sent(self) -> None:
        """The whole request is on its way: from now on the instance is what takes time."""
        self._sent_at_s = self._instance.waiting[self._number] = self._balancer.now_s()

    def answered(self, status: int, *, is_busy: bool = False) -> None:
        """The head of the answer is there; an instance that says when it has time again is no outlier."""
        self._instance.waiting.pop(self._number, None)
        self._balancer.note_answer(self._instance, status, self._sent_at_s, is_busy=is_busy)

    def failed(self) -> None:
        """No answer came: the connection broke, or it took too long."""
        self._instance.waiting.pop(self._number, None)
        self._balancer.note_failure(self._instance)

    def close(self) -> None:
        """End it, whatever came of it; a second time does nothing."""
        if self._is_open:
            self._is_open = False
            self._instance.waiting.pop(self._number, None)
            self._instance.in_flight_count -= 1


class LoadBalancer:
    """Knows the instances, lends them out, and learns from what comes back."""

    def __init__(self, *, clock: Callable[[], float], rng: random.Random) -> None:
        self.now_s = clock
        self._rng = rng
        self._instances: list[_Instance] = []
        self._lease_count = 0

    def add(self, instance_id: str, weight: float = 1.0) -> None:
        """Make an instance known, which is gone until it is ready; one of weight 2 gets twice as much."""
        self._instances.append(_Instance(id=instance_id, weight=weight))

    def checked(self, instance_id: str, *, is_ready: bool) -> None:
        """Take in the outcome of a health check."""
        instance = self._find(instance_id)
        if is_ready:
            instance.failed_check_count = 0
            if instance.condition is not Condition.DRAINING:
                instance.condition = Condition.HEALTHY
            return
        instance.failed_check_count += 1
        if instance.condition is Condition.HEALTHY and instance.failed_check_count >= CHECKS_TO_FALL:
            instance.condition = Condition.UNREADY

    def drain(self, instance_id: str) -> None:
        """Send nothing new there until its process is gone and another is ready."""
        self._find(instance_id).condition = Condition.DRAINING

    def gone(self, instance_id: str) -> None:
        """Forget what was known of a process that has ended; its counts stay."""
        old = self._find(instance_id)
        fresh = _Instance(
            id=old.id, weight=old.weight, request_count=old.request_count, error_count=old.error_count
        )
        self._instances[self._instances.index(old)] = fresh

    def in_flight_count(self, instance_id: str) -> int:
        """Count the requests that an instance has."""
        return self._find(instance_id).in_flight_count

    def pick(self, tried: Collection[str] = ()) -> Lease | None:
        """Choose an instance that was not tried yet; None if no process is left that could answer.

        While none is healthy, those that are ejected or not ready are asked all the same: they may be better
        than nothing.
        """
        now_s = self.now_s()
        others = [instance for instance in self._instances if instance.id not in tried]
        candidates = [instance for instance in others if instance.is_healthy(now_s)] or [
            instance for instance in others if instance.condition in {Condition.HEALTHY, Condition.UNREADY}
        ]
        if not candidates:
            return None
        chosen = self._cheaper_of_two(candidates, now_s)
        chosen.in_flight_count += 1
        chosen.request_count += 1
        self._lease_count += 1
        return Lease(self, chosen, self._lease_count, now_s)

    def note_answer(self, instance: _Instance, status: int, sent_at_s: float, *, is_busy: bool) -> None:
        """Learn from an answer."""
        now_s = self.now_s()
        duration_s = now_s - sent_at_s
        if status < 500:
            instance.failures_in_a_row = 0
            instance.observe(duration_s, now_s)
            return
        # A failure that comes fast must not draw requests to whoever fails.
        instance.observe(max(duration_s, instance.cost_s), now_s)
        if not is_busy:
            self.note_failure(instance)

    def note_failure(self, instance: _Instance) -> None:
        """Count a failure, and eject after several in a row."""
        instance.error_count += 1
        instance.failures_in_a_row += 1
        now_s = self.now_s()
        if instance.failures_in_a_row >= FAILURES_TO_EJECT and self._may_eject(instance, now_s):
            instance.failures_in_a_row = 0
            calm_count = int(max(0.0, now_s - instance.ejected_until_s) / CALM_S)
            instance.ejection_count = max(0, instance.ejection_count - calm_count) + 1
            instance.ejected_until_s = now_s + min(EJECTION_S * instance.ejection_count, LONGEST_EJECTION_S)

    def snapshot(self) -> Sequence[dict[str, Any]]:
        """Tell of each instance how it is and what it has done."""
        now_s = self.now_s()
        return [
            {
                "id": instance.id,
                "state": str(_shown(instance, now_s)),
                "weight": instance.weight,
                "request_count": instance.request_count,
                "error_count": instance.error_count,
                "in_flight_count": instance.in_flight_count,
                "ewma_ms": round(instance.cost_s * 1e3, 3) if instance.cost_s else None,
                "ejection_count": instance.ejection_count,
                "ejected_for_s": round(max(0.0, instance.ejected_until_s - now_s), 1),
            }
            for instance in self._instances
        ]

    def _find(self, instance_id: str) -> _Instance:
        return next(instance for instance in self._instances if instance.id == instance_id)

    def _cheaper_of_two(self, candidates: Sequence[_Instance], now_s: float) -> _Instance:
        if len(candidates) == 1:
            return candidates[0]
        first = self._draw(candidates)
        second = self._draw([instance for instance in candidates if instance is not first])
        return second if first.load(now_s) > CLEARLY * second.load(now_s) else first

    def _draw(self, candidates: Sequence[_Instance]) -> _Instance:
        point = self._rng.random() * sum(instance.weight for instance in candidates)
        for instance in candidates:
            point -= instance.weight
            if point < 0:
                return instance
        return candidates[-1]

    def _may_eject(self, instance: _Instance, now_s: float) -> bool:
        ejected_count = sum(other.is_ejected(now_s) for other in self._instances)
        if instance.is_ejected(now_s):
            return False
        return ejected_count == 0 or 100 * (ejected_count + 1) <= MOST_EJECTED_PERCENT * len(self._instances)


def _shown(instance: _Instance, now_s: float) -> Condition:
    if instance.condition is Condition.HEALTHY and instance.is_ejected(now_s):
        return Condition.EJECTED
    return instance.condition
