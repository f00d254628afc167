"""Seeded arrival times: the one place where a load schedule is drawn."""

import hashlib
import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from harness.model.plan import Arrival, ClosedLoop, Distribution, Precision, Scenario, Slice, Stage


def draw_load(scenario: Scenario, slice_: Slice) -> tuple[tuple[Arrival, ...], ClosedLoop | None]:
    """Return what a slice asks for: its arrivals in an open loop, or its closed loop and no arrivals."""
    if scenario.users is not None:
        return (), ClosedLoop(users=scenario.users, seed=slice_.schedule_seed)
    arrivals = arrivals_within(
        slice_.duration_s,
        scenario.profile,
        distribution=scenario.distribution,
        seed=slice_.schedule_seed,
    )
    return arrivals, None


def draw_turns(
    precision: Precision, variant_ids: Sequence[str], *, seed: int
) -> tuple[tuple[Arrival, ...], tuple[tuple[str, ...], ...]]:
    """Draw the arrivals of a precision part, and for each the order in which the variants get it.

    Offsets are 0: an arrival comes when the one before is done.
    """
    source = random.Random(seed)
    arrivals = tuple(Arrival(offset_ns=0, seed=source.getrandbits(48)) for _ in range(precision.arrivals))
    orders = tuple(tuple(source.sample(list(variant_ids), len(variant_ids))) for _ in arrivals)
    return arrivals, orders


def poisson_arrivals(*, rate: float, duration_s: float, seed: int) -> tuple[Arrival, ...]:
    """Draw the arrivals of a slice at a constant rate: independent users who do not wait for each other.

    Args:
        rate: arrivals a second, above 0.
        duration_s: length of the slice in seconds; every offset is smaller.
        seed: equal seeds give equal arrivals, on every machine and Python version.

    Returns:
        Arrivals in time order; possibly none, as it is in a Poisson process.
    """
    return arrivals_within(duration_s, (Stage(rate=rate, seconds=0),), distribution="poisson", seed=seed)


def arrivals_within(
    duration_s: float, stages: Sequence[Stage], *, distribution: Distribution, seed: int
) -> tuple[Arrival, ...]:
    """Draw the arrivals of the first `duration_s` seconds; see `draw_arrivals`."""
    end_ns = duration_s * 1e9
    arrivals = draw_arrivals(stages, distribution=distribution, seed=seed)
    return tuple(takewhile(lambda arrival: arrival.offset_ns < end_ns, arrivals))


def draw_arrivals(stages: Sequence[Stage], *, distribution: Distribution, seed: int) -> Iterator[Arrival]:
    """Yield arrivals in time order, without end unless the last stage's rate is 0.

    Args:
        stages: the rate goes in a straight line from that of the stage before to the stage's own, over the
            stage's seconds; the first stage starts at its own rate, 0 seconds are a step, and the last rate
            goes on.
        distribution: `poisson` draws independent arrivals at that mean rate; `uniform` spaces them evenly.
        seed: equal seeds give equal arrivals, on every machine and Python version.

    Raises:
        ValueError: there is no stage, or a rate or a duration is negative.
    """
    pieces = _pieces(stages)
    starts = [piece.counted_before for piece in pieces]
    source = random.Random(seed)
    counted = 0.5 if distribution == "uniform" else source.expovariate(1)
    while True:
        offset_s = pieces[bisect_right(starts, counted) - 1].moment_s(counted)
        if offset_s == math.inf:
            return
        yield Arrival(offset_ns=int(offset_s * 1e9), seed=source.getrandbits(48))
        counted += 1 if distribution == "uniform" else source.expovariate(1)


def schedule_hash(arrivals: Sequence[Arrival], closed_loop: ClosedLoop | None = None) -> str:
    """Return the SHA-256 of a slice's load: equal for the slices of a couple, or they are not comparable."""
    digest = hashlib.sha256()
    if closed_loop:
        digest.update(b"users %d %d\n" % (closed_loop.users, closed_loop.seed))
    for arrival in arrivals:
        digest.update(b"%d %d\n" % (arrival.offset_ns, arrival.seed))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A stretch of time in which the rate changes in a straight line."""

    start_s: float
    counted_before: float
    """Expected arrivals before it."""
    rate: float
    """At its start."""
    slope: float
    """Arrivals a second, gained each second."""

    def moment_s(self, counted: float) -> float:
        """Return when so many arrivals are expected to have come; infinity if that is never."""
        missing = counted - self.counted_before
        # the root of rate x + slope x^2 / 2 = missing, written so that it holds for a slope of 0 too
        divisor = self.rate + math.sqrt(max(0.0, self.rate**2 + 2 * self.slope * missing))
        return self.start_s + 2 * missing / divisor if divisor else math.inf


def _pieces(stages: Sequence[Stage]) -> list[_Piece]:
    if not stages or any(stage.rate < 0 or stage.seconds < 0 for stage in stages):
        raise ValueError("Stages need rates and seconds of 0 or more, and there must be one at least.")
    pieces = []
    start_s, counted, rate = 0.0, 0.0, stages[0].rate
    for stage in stages:
        if stage.seconds:
            slope = (stage.rate - rate) / stage.seconds
            pieces.append(_Piece(start_s=start_s, counted_before=counted, rate=rate, slope=slope))
            counted += (rate + stage.rate) / 2 * stage.seconds
            start_s += stage.seconds
        rate = stage.rate
    return [*pieces, _Piece(start_s=start_s, counted_before=counted, rate=rate, slope=0.0)]
