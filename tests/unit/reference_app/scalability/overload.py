"""A deterministic M/G/k simulation: Poisson arrivals of three classes at a server of k cores."""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reference_app.scalability.request_throttler import Entry, RequestClass, RequestThrottler

CORES = 2
MEAN_S = {"bookings": 0.012, "reads": 0.012, "analytics": 0.044}
SHARES = {"bookings": 0.25, "reads": 0.5, "analytics": 0.25}
CAPACITY_PER_S = CORES / sum(MEAN_S[name] * SHARES[name] for name in SHARES)
SIGMA = 0.8
"""Of the logarithm of service times: the coefficient of variation is about 0.95."""
PATIENCE_S = 1.0
"""Who is answered later has gone: no goodput."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One request that was answered: its class, when it came, how long it took in all and how long a core."""

    kind: str
    arrived_s: float
    total_s: float
    work_s: float


@dataclass(slots=True)
class Outcome:
    """What became of all requests."""

    answered: list[Answered] = field(default_factory=list)
    refused: list[tuple[str, float]] = field(default_factory=list)

    def goodput(self, start_s: float, end_s: float) -> float:
        """Tell which part of the capacity went into answers that somebody still waited for."""
        good = [one for one in self.answered if one.total_s <= PATIENCE_S]
        work_s = sum(one.work_s for one in good if start_s <= one.arrived_s + one.total_s < end_s)
        return work_s / (CORES * (end_s - start_s))

    def p99_s(self, start_s: float, end_s: float) -> float:
        totals = sorted(one.total_s for one in self.answered if start_s <= one.arrived_s < end_s)
        return totals[int(0.99 * len(totals))]

    def refused_share(self, kind: str, start_s: float, end_s: float) -> float:
        refused = sum(name == kind and start_s <= at_s < end_s for name, at_s in self.refused)
        answered = sum(one.kind == kind and start_s <= one.arrived_s < end_s for one in self.answered)
        return refused / max(1, refused + answered)


class Simulation:
    """Runs stages of load, each a length and a multiple of the capacity; without a throttler all start."""

    def __init__(self, seed: int, throttle: Callable[[Callable[[], float]], RequestThrottler] | None) -> None:
        self.now_s = 0.0
        self.outcome = Outcome()
        self.throttler = throttle(lambda: self.now_s) if throttle else None
        self._random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._inside: deque[Callable[[], None]] = deque()
        self._busy_cores = 0

    def run(self, stages: Sequence[tuple[float, float]], kinds: Sequence[RequestClass]) -> Outcome:
        named = {kind.name: kind for kind in kinds}
        start_s = 0.0
        for length_s, multiple in stages:
            at_s = start_s
            while True:
                at_s += self._random.expovariate(multiple * CAPACITY_PER_S)
                if at_s >= start_s + length_s:
                    break
                (name,) = self._random.choices(list(SHARES), list(SHARES.values()))
                self._at(at_s, lambda kind=named[name]: self._arrive(kind))
            start_s += length_s
        while self._events:
            self.now_s, _, happen = heapq.heappop(self._events)
            happen()
        return self.outcome

    def _at(self, moment_s: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment_s, next(self._order), happen))

    def _arrive(self, kind: RequestClass) -> None:
        arrived_s = self.now_s
        service_s = MEAN_S[kind.name] * self._random.lognormvariate(-SIGMA * SIGMA / 2, SIGMA)
        if self.throttler is None:
            self._begin(lambda: self._work(kind, arrived_s, service_s, None))
            return
        throttler = self.throttler

        def settled() -> None:
            if entry.state == "running":
                self._begin(lambda: self._work(kind, arrived_s, service_s, entry))
            else:
                self.outcome.refused.append((kind.name, arrived_s))

        entry = throttler.enter(kind, arrived_s + 10.0, settled)
        if entry.state == "waiting":
            self._at(entry.expires_s, lambda: throttler.expire(entry))
        else:
            settled()

    def _begin(self, work: Callable[[], None]) -> None:
        """Give the work to a core, or let it wait inside for one, as an event loop or a pool does."""
        if self._busy_cores < CORES:
            self._busy_cores += 1
            work()
        else:
            self._inside.append(work)

    def _work(self, kind: RequestClass, arrived_s: float, service_s: float, entry: Entry | None) -> None:
        def finish() -> None:
            self._busy_cores -= 1
            if self._inside:
                self._begin(self._inside.popleft())
            self.outcome.answered.append(Answered(kind.name, arrived_s, self.now_s - arrived_s, service_s))
            if entry is not None and self.throttler is not None:
                self.throttler.leave(entry)

        self._at(self.now_s + service_s, finish)
