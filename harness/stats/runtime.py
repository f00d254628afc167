"""Event loop lag and collection pauses of a server, from what its runtime probe wrote."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.model.measurement import Estimate
from harness.stats.columns import FloatArray, RuntimeReadings
from harness.stats.over_rounds import over_rounds
from harness.stats.percentiles import QUANTILES, is_resolvable, quantile, samples_needed
from harness.stats.signed_rank import rounds_needed

BEAT_MS = 50.0
"""From one beat of the probe to the moment at which the next is due."""
LINE_POINTS = 60
"""Points of a round's line in a chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeRound:
    """What was seen of one variant under the load of one round that counts."""

    lags_ms: FloatArray
    """One for each moment at which a beat was due."""
    longest_pause_ms: float
    pause_ms: float
    collection_count: int
    request_count: int
    line: "RuntimeLine"
    """Of the whole round, rests and warm-up too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeLine:
    """The longest lag and the longest pause since the point before."""

    at_ns: tuple[int, ...]
    lag_ms: tuple[float, ...]
    pause_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRuntime:
    """What is known of one variant's event loop and collections; None where it cannot be said."""

    lag_p95_ms: Estimate | None
    longest_lag_ms: float | None
    collections_per_1000: float | None
    """Of 1,000 requests."""
    pause_per_request_ms: Estimate | None
    longest_pause_ms: float | None
    reason: str
    """Why something is missing; empty where nothing is."""


def runtime_round(
    readings: RuntimeReadings, *, spans_ns: Sequence[tuple[int, int]], request_count: int
) -> RuntimeRound:
    """Take what lies in the spans; `request_count` is that of the requests in them."""
    is_in = np.zeros(readings.at_ns.size, dtype=bool)
    for start_ns, end_ns in spans_ns:
        is_in |= (readings.at_ns >= start_ns) & (readings.at_ns <= end_ns)
    return RuntimeRound(
        lags_ms=due_lags(readings.lag_ms[is_in]),
        longest_pause_ms=float(readings.longest_pause_ms[is_in].max(initial=0.0)),
        pause_ms=float(readings.pause_ms[is_in].sum()),
        collection_count=int(readings.collection_count[is_in].sum()),
        request_count=request_count,
        line=_line(readings),
    )


def due_lags(lags_ms: FloatArray) -> FloatArray:
    """Add the beats that a late one kept from happening: 200 ms late stands for 150, 100 and 50 too.

    Without them a loop that stood still for a second would count as one bad moment among twenty good ones.
    """
    missed = np.floor(lags_ms / BEAT_MS).astype(np.int64)
    whole = np.repeat(lags_ms, missed + 1)
    firsts = np.cumsum(missed + 1) - (missed + 1)
    steps = np.arange(whole.size) - np.repeat(firsts, missed + 1)
    return np.asarray(whole - BEAT_MS * steps, dtype=np.float64)


def measure_runtime(rounds: Sequence[RuntimeRound], *, confidence: float) -> VariantRuntime:
    """Put the rounds of one variant together; where one has no readings nothing is said."""
    if not rounds or any(one.lags_ms.size == 0 for one in rounds):
        return VariantRuntime(
            lag_p95_ms=None, longest_lag_ms=None, collections_per_1000=None, pause_per_request_ms=None,
            longest_pause_ms=None, reason="its server mounts no runtime probe",
        )  # fmt: skip
    requests = sum(one.request_count for one in rounds)
    q = QUANTILES["p95"]
    fewest = min(one.lags_ms.size for one in rounds)
    lags = [quantile(one.lags_ms, q) if is_resolvable(one.lags_ms.size, q) else None for one in rounds]
    pauses = [one.pause_ms / one.request_count if one.request_count else None for one in rounds]
    return VariantRuntime(
        lag_p95_ms=over_rounds(
            lags, confidence=confidence, unit="ms", sample_count=sum(one.lags_ms.size for one in rounds)
        ),
        longest_lag_ms=max(float(one.lags_ms.max()) for one in rounds),
        collections_per_1000=1000 * sum(one.collection_count for one in rounds) / requests
        if requests
        else None,
        pause_per_request_ms=over_rounds(pauses, confidence=confidence, unit="ms", sample_count=requests),
        longest_pause_ms=max(one.longest_pause_ms for one in rounds),
        reason=_missing(len(rounds), confidence, fewest, q),
    )


def _missing(round_count: int, confidence: float, fewest: int, q: float) -> str:
    needed = rounds_needed(confidence)
    if round_count < needed:
        count = f"{round_count} round" + ("" if round_count == 1 else "s")
        return f"not resolvable: {count}, a {100 * confidence:g} % interval needs {needed}"
    if not is_resolvable(fewest, q):
        return f"not resolvable: {fewest} beats a round, p95 needs {samples_needed(q)}"
    return ""


def _line(readings: RuntimeReadings) -> RuntimeLine:
    """Part the round into at most LINE_POINTS stretches of as many beats, and take the worst of each."""
    count = readings.at_ns.size
    if count == 0:
        return RuntimeLine(at_ns=(), lag_ms=(), pause_ms=())
    size = -(-count // LINE_POINTS)
    starts = np.arange(0, count, size)
    return RuntimeLine(
        at_ns=tuple(readings.at_ns[np.minimum(starts + size, count) - 1].tolist()),
        lag_ms=tuple(np.maximum.reduceat(readings.lag_ms, starts).tolist()),
        pause_ms=tuple(np.maximum.reduceat(readings.longest_pause_ms, starts).tolist()),
    )
