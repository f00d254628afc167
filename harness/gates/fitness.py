"""Is this machine fit to measure? Values in, findings out; the limits are here and nowhere else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.errors import ExitCode
from harness.gates.validity import MOST_LAG_MS
from harness.model.measurement import Estimate


class Fitness(StrEnum):
    """How fit a machine is, by its worst finding."""

    FIT = "fit"
    DOUBTFUL = "doubtful"
    UNFIT = "unfit"

    @property
    def exit_code(self) -> ExitCode:
        """The process's exit code: fit 0, doubtful 3, unfit 4."""
        return {
            Fitness.FIT: ExitCode.PASSED,
            Fitness.DOUBTFUL: ExitCode.INCONCLUSIVE,
            Fitness.UNFIT: ExitCode.INVALID,
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor: what was seen, what may be, and what to do."""

    id: str
    title: str
    value: float
    limit: float
    unit: str
    is_upper_limit: bool
    state: Fitness
    advice: str
    """What to do; empty where all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorReadings:
    """What the generator showed in front of a server that does nothing."""

    ceiling_rate: float
    """Highest rate, requests a second, at which it kept its own limits; 0: none."""
    calm_rate: float
    """The rate at which the latencies below were seen."""
    added_p50_ms: float
    added_p99_ms: float
    """Response time in front of the null server: what the generator and the loopback add to any answer."""
    loop_lag_p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    doubtful: float
    unfit: float


# More than the doubtful limit is doubtful, more than the unfit one is unfit (less, where less is worse).
_TIMER_NS = _Limit(doubtful=1_000, unfit=1_000_000)
_SLEEP_MS = _Limit(doubtful=1.0, unfit=MOST_LAG_MS)
_STEAL = _Limit(doubtful=0.02, unfit=0.10)
_BUSY = _Limit(doubtful=0.10, unfit=0.40)
_SWAP_MOVED = _Limit(doubtful=0, unfit=16 << 20)
_FREQUENCY = _Limit(doubtful=0.05, unfit=0.50)
_FREE_DISK = _Limit(doubtful=2 << 30, unfit=256 << 20)
_CEILING = _Limit(doubtful=100, unfit=20)
_ADDED_P50_MS = _Limit(doubtful=2.0, unfit=10.0)
_ADDED_P99_MS = _Limit(doubtful=5.0, unfit=25.0)
_LOOP_LAG_MS = _Limit(doubtful=MOST_LAG_MS, unfit=5 * MOST_LAG_MS)

POWER_FACTOR = 1.65
"""(1.96 + 1.28) / 1.96: a change of so many half-widths has its interval off zero in nine of ten runs."""


def check_timer(resolution_ns: float, sleep_overshoot_p99_ms: float) -> tuple[Finding, Finding]:
    """Check the clock and how exactly it wakes sleepers."""
    return (
        _most(
            "timer-resolution",
            "Timer resolution",
            resolution_ns,
            _TIMER_NS,
            "ns",
            "Use another clock source.",
        ),
        _most(
            "sleep-overshoot",
            "A sleep of 1 ms takes longer by (p99)",
            sleep_overshoot_p99_ms,
            _SLEEP_MS,
            "ms",
            "Stop what else runs; on a virtual machine ask for cores of its own.",
        ),
    )


def check_load(steal_share: float, busy_share: float) -> tuple[Finding, Finding]:
    """Check what other machines and other programs take while we only watch."""
    return (
        _most(
            "steal", "Time stolen by other machines", 100 * steal_share, _percent(_STEAL), "%",
            "Move to a machine with cores of its own, or measure at another time.",
        ),
        _most(
            "other-load", "Load by other programs", 100 * busy_share, _percent(_BUSY), "%",
            "Stop them; `top` names them.",
        ),
    )  # fmt: skip


def check_memory_and_disk(
    swap_used_bytes: int, swap_moved_bytes: int, free_disk_bytes: int
) -> tuple[Finding, Finding]:
    """Check that nothing is swapped while we watch and that runs find room."""
    in_use = f" ({swap_used_bytes >> 20:,} MiB of swap are in use.)" if swap_used_bytes else ""
    return (
        _most(
            "swap", "Swapped while watching", swap_moved_bytes / (1 << 20),
            _Limit(doubtful=_SWAP_MOVED.doubtful, unfit=_SWAP_MOVED.unfit / (1 << 20)), "MiB",
            f"Free memory, or switch swap off: swapoff -a.{in_use}",
        ),
        _least(
            "free-disk", "Free disk for runs", free_disk_bytes / (1 << 30),
            _Limit(doubtful=_FREE_DISK.doubtful / (1 << 30), unfit=_FREE_DISK.unfit / (1 << 30)), "GiB",
            "Free some space.",
        ),
    )  # fmt: skip


def check_frequency(change: float | None, governor: str) -> tuple[Finding, ...]:
    """Check that the cores keep their clock rate; nothing where the system does not tell it."""
    if change is None:
        return ()
    advice = "Fix the clock rate: cpupower frequency-set -g performance"
    told = f"{advice} (now: {governor})." if governor else f"{advice}."
    return (_most("frequency", "Clock rate changed by", 100 * change, _percent(_FREQUENCY), "%", told),)


def check_generator(seen: GeneratorReadings) -> tuple[Finding, ...]:
    """Check what the generator can do and what it adds, in front of a server that does nothing."""
    busy = "Stop what else runs, or measure on a faster machine."
    return (
        _least(
            "generator-ceiling", "Generator keeps its limits up to", seen.ceiling_rate, _CEILING, "/s",
            f"Stay well below that rate, or use more workers. {busy}",
        ),
        _most(
            "added-latency", f"Generator adds at {seen.calm_rate:g}/s (p50)", seen.added_p50_ms,
            _ADDED_P50_MS, "ms", busy,
        ),
        _most(
            "added-latency-p99", f"Generator adds at {seen.calm_rate:g}/s (p99)", seen.added_p99_ms,
            _ADDED_P99_MS, "ms", busy,
        ),
        _most(
            "loop-lag", f"Generator's event-loop lag at {seen.calm_rate:g}/s (p99)", seen.loop_lag_p99_ms,
            _LOOP_LAG_MS, "ms", busy,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """What a run that compared a variant with itself showed in one metric."""

    title: str
    change: Estimate
    """Percent; the truth is 0."""
    rounds: int
    minutes: float
    """Of the run that showed it."""

    @property
    def half_width(self) -> float:
        """Of the interval of the log ratio."""
        return (math.log1p(self.change.high / 100) - math.log1p(self.change.low / 100)) / 2

    def smallest_change(self, minutes: float) -> float:
        """Return the change, in percent, that a run of so many minutes shows in nine of ten runs.

        n_needed = n (half-width / wanted)^2 turned around: the half-width shrinks with the square root of the
        rounds, and rounds cost what these cost. It assumes that the noise stays what it was today, and a
        change that multiplies every latency alike.
        """
        wanted = self.half_width * math.sqrt(self.minutes / minutes) * POWER_FACTOR
        return 100 * math.expm1(wanted)


def check_noise_floor(floor: NoiseFloor) -> Finding:
    """Check that a variant does not differ from itself; one of twenty such intervals misses 0 by chance."""
    excludes_zero = floor.change.low > 0 or floor.change.high < 0
    return Finding(
        id=f"noise-{floor.title}",
        title=f"A variant differs from itself in {floor.title} by",
        value=floor.change.value,
        limit=100 * math.expm1(floor.half_width),
        unit="%",
        is_upper_limit=True,
        state=Fitness.DOUBTFUL if excludes_zero else Fitness.FIT,
        advice="Its interval misses 0, which chance does once in twenty: look again with more --minutes."
        if excludes_zero
        else "",
    )


def worst(findings: Sequence[Finding]) -> Fitness:
    """Return the worst state; nothing seen is doubtful."""
    order = (Fitness.UNFIT, Fitness.DOUBTFUL, Fitness.FIT)
    states = {finding.state for finding in findings}
    return next((state for state in order if state in states), Fitness.DOUBTFUL)


def _percent(limit: _Limit) -> _Limit:
    return _Limit(doubtful=100 * limit.doubtful, unfit=100 * limit.unfit)


def _most(finding_id: str, title: str, value: float, limit: _Limit, unit: str, advice: str) -> Finding:
    state = (
        Fitness.UNFIT if value > limit.unfit else Fitness.DOUBTFUL if value > limit.doubtful else Fitness.FIT
    )
    return _finding(finding_id, title, value, limit, unit, advice, state, is_upper_limit=True)


def _least(finding_id: str, title: str, value: float, limit: _Limit, unit: str, advice: str) -> Finding:
    state = (
        Fitness.UNFIT if value < limit.unfit else Fitness.DOUBTFUL if value < limit.doubtful else Fitness.FIT
    )
    return _finding(finding_id, title, value, limit, unit, advice, state, is_upper_limit=False)


def _finding(
    finding_id: str,
    title: str,
    value: float,
    limit: _Limit,
    unit: str,
    advice: str,
    state: Fitness,
    *,
    is_upper_limit: bool,
) -> Finding:
    return Finding(
        id=finding_id,
        title=title,
        value=value,
        limit=limit.doubtful,
        unit=unit,
        is_upper_limit=is_upper_limit,
        state=state,
        advice="" if state is Fitness.FIT else advice,
    )
