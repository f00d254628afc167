"""What a fault does to those who ask: phases of a slice, good answers by phase and by second, recovery time.

Everything is told by the moment at which a request *should* have been sent, as everywhere: whoever had to
wait because of a fault belongs to it.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.model.fault import QUIET, RECOVERY, SETTLED, EndpointGroup, FaultMark, FaultTimeline
from harness.model.measurement import Measurement
from harness.stats.columns import BoolArray, Columns, FloatArray, IntArray, concatenate, select
from harness.stats.measure import PHASE_STATS, WHOLE_MIX, Load, measure_requests
from harness.stats.percentiles import QUANTILES, is_resolvable, quantile

RECOVERY_STEP_S = 0.1
"""Between two windows that are looked at: recovery times are multiples of it."""

LEAST_IN_WINDOW = 5
"""Requests that a window needs to say anything: fewer, and it is passed over."""

_NS = 1e9

Span = tuple[int, int]
"""Start and end, nanoseconds; the end is outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSlice:
    """One slice with faults: what was asked, what came of it, and what was broken when."""

    columns: Columns
    started_ns: int
    duration_s: float
    marks: tuple[FaultMark, ...]
    unsent_ns: IntArray
    """Planned moments of the arrivals that have no sample: dropped or lost, each a failed request."""

    @property
    def end_ns(self) -> int:
        """End of the schedule."""
        return self.started_ns + round(self.duration_s * _NS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Every request that was planned, in order of its planned moment."""

    at_ns: IntArray
    is_good: BoolArray
    """Right, and within the limit of time."""

    def share(self, span: Span) -> float | None:
        """Return the good share of what was planned in a span; None where that is too little."""
        low, high = np.searchsorted(self.at_ns, span)
        if high - low < LEAST_IN_WINDOW:
            return None
        return float(np.mean(self.is_good[low:high]))


def phases_of(timeline: FaultTimeline) -> tuple[str, ...]:
    """Name the phases of a slice, in the order in which people read them."""
    names = [QUIET]
    for fault in timeline.faults:
        names.append(fault.id)
        if fault.settle_s:
            names.append(fault.id + SETTLED)
    return (*names, RECOVERY)


def phase_spans(slice_: FaultSlice, timeline: FaultTimeline) -> dict[str, tuple[Span, ...]]:
    """Return when each phase was.

    What is planned shortly before a fault may still be under way when it comes: quiet and recovery end
    `good_within_ms` before the next fault. Nothing is planned after the end of the schedule, where a fault
    whose undo takes longer ends too.
    """
    margin_ns = round(timeline.good_within_ms * 1e6)
    settles_ns = {fault.id: round(fault.settle_s * _NS) for fault in timeline.faults}
    marks = sorted(slice_.marks, key=lambda mark: mark.started_ns)
    found: dict[str, list[Span]] = {name: [] for name in phases_of(timeline)}
    calm_from, calm_name = slice_.started_ns, QUIET
    for mark in marks:
        found[calm_name].append((calm_from, mark.started_ns - margin_ns))
        found[mark.fault].append((mark.started_ns, mark.ended_ns))
        if settles_ns[mark.fault]:
            settled = mark.started_ns + settles_ns[mark.fault]
            found[mark.fault + SETTLED].append((settled, mark.ended_ns))
        calm_from, calm_name = mark.ended_ns, RECOVERY
    found[calm_name].append((calm_from, slice_.end_ns))
    within = {
        name: [(start, min(end, slice_.end_ns)) for start, end in spans] for name, spans in found.items()
    }
    return {name: tuple(span for span in spans if span[0] < span[1]) for name, spans in within.items()}


def is_in_group(group: EndpointGroup, words: Sequence[str]) -> BoolArray:
    """Tell which endpoints a group holds."""
    wanted = [_glob(pattern) for pattern in group.patterns if not pattern.startswith("!")]
    unwanted = [_glob(pattern[1:]) for pattern in group.patterns if pattern.startswith("!")]
    return np.array(
        [
            (not wanted or any(known.fullmatch(word) for known in wanted))
            and not any(known.fullmatch(word) for known in unwanted)
            for word in words
        ],
        dtype=bool,
    )


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def select_group(slice_: FaultSlice, group: EndpointGroup) -> FaultSlice:
    """Return what went to a group's endpoints alone; an arrival that was never sent belongs to none."""
    rows = is_in_group(group, slice_.columns.endpoint.words)[slice_.columns.endpoint.codes]
    return replace(slice_, columns=select(slice_.columns, rows), unsent_ns=np.empty(0, dtype=np.int64))


def answers_of(slices: Sequence[FaultSlice], timeline: FaultTimeline) -> Answers:
    """Put what was planned in order, what was never sent too."""
    at_ns = np.concatenate([part for one in slices for part in (one.columns.scheduled_ns, one.unsent_ns)])
    is_good = np.concatenate(
        [
            part
            for one in slices
            for part in (_is_good(one.columns, timeline), np.zeros(one.unsent_ns.size, dtype=bool))
        ]
    )
    order = np.argsort(at_ns, kind="stable")
    return Answers(at_ns=at_ns[order], is_good=is_good[order])


def recovery_times(slice_: FaultSlice, timeline: FaultTimeline) -> dict[str, float | None]:
    """Return how long after each fault's end the backend was back, in seconds.

    The share of good answers among the requests planned in a window of `recovery_window_s` is compared with
    that of the quiet phase. Recovery is the start of the first window from which on every window, up to the
    next fault or the end of the load, holds at least `recovery_share` percent of it: back, and staying so.
    Windows begin RECOVERY_STEP_S apart, so that is the resolution; one with fewer than LEAST_IN_WINDOW
    requests says nothing. A window may hold bad answers of up to 100 - `recovery_share` percent, so the value
    can be early by that part of the window.

    Infinity: it was not back when the next fault came or the load ended. None: there is no quiet phase to
    compare with, or too little time or load after the fault to say anything.
    """
    answers = answers_of([slice_], timeline)
    quiet = phase_spans(slice_, timeline)[QUIET]
    normal = answers.share(quiet[0]) if quiet else None
    marks = sorted(slice_.marks, key=lambda mark: mark.started_ns)
    ends = [*(mark.started_ns for mark in marks[1:]), slice_.end_ns]
    return {
        mark.fault: _recovery_s(answers, normal, (mark.ended_ns, end_ns), timeline)
        for mark, end_ns in zip(marks, ends, strict=True)
    }


def _recovery_s(answers: Answers, normal: float | None, span: Span, timeline: FaultTimeline) -> float | None:
    window_ns, step_ns = round(timeline.recovery_window_s * _NS), round(RECOVERY_STEP_S * _NS)
    starts = range(span[0], span[1] - window_ns + 1, step_ns)
    shares = [answers.share((start, start + window_ns)) for start in starts]
    if not normal or all(share is None for share in shares):
        return None
    least = normal * timeline.recovery_share / 100
    bad = [index for index, share in enumerate(shares) if share is not None and share < least]
    if not bad:
        return 0.0
    first = bad[-1] + 1
    if all(share is None for share in shares[first:]):
        return math.inf
    return first * RECOVERY_STEP_S


def measure_faults(
    slices: Sequence[FaultSlice], timeline: FaultTimeline, *, variant_id: str, round_index: int
) -> tuple[Measurement, ...]:
    """Measure one variant's round by phase: for the whole mix and each group of endpoints.

    The phase of a measurement stands in its `phase`. Shares and ratios are against the quiet phase of the
    same round. Recovery time is the longest of the round's slices.
    """
    found: list[Measurement] = []
    groups = [(WHOLE_MIX, list(slices))]
    groups += [(group.name, [select_group(one, group) for one in slices]) for group in timeline.groups]
    for endpoint, parts in groups:
        found += _measure_group(parts, timeline, endpoint)
    return tuple(replace(one, variant_id=variant_id, round_index=round_index) for one in found)


def _measure_group(
    slices: Sequence[FaultSlice], timeline: FaultTimeline, endpoint: str
) -> Iterator[Measurement]:
    spans = [phase_spans(one, timeline) for one in slices]
    phases = {name: _phase(slices, [each[name] for each in spans], timeline) for name in phases_of(timeline)}
    for name, phase in phases.items():
        for one in _measure_phase(phase, phases[QUIET], timeline):
            yield replace(one, phase=name, endpoint=endpoint)
    times: dict[str, list[float | None]] = {}
    for slice_ in slices:
        for fault, seconds in recovery_times(slice_, timeline).items():
            times.setdefault(fault, []).append(seconds)
    count = sum(len(one.columns) + one.unsent_ns.size for one in slices)
    for fault, seen in times.items():
        yield _found("recovery_time", "longest", _longest(seen), count, phase=fault, endpoint=endpoint)
    every = [seconds for seen in times.values() for seconds in seen]
    yield _found("recovery_time", "longest", _longest(every), count, endpoint=endpoint)


def _longest(seen: Sequence[float | None]) -> float | None:
    known = [seconds for seconds in seen if seconds is not None]
    return max(known) if known and len(known) == len(seen) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phase:
    """What was planned in one phase of a round's slices, and what came of it."""

    columns: Columns
    unsent_count: int
    length_s: float
    good_count: int

    @property
    def request_count(self) -> int:
        return len(self.columns) + self.unsent_count

    @property
    def goodput(self) -> float | None:
        return self.good_count / self.length_s if self.length_s > 0 else None

    @property
    def response_ms(self) -> FloatArray:
        """Of the answers that did not fail."""
        return self.columns.response_ms[~self.columns.is_failed]


def _phase(slices: Sequence[FaultSlice], spans: Sequence[Sequence[Span]], timeline: FaultTimeline) -> _Phase:
    pairs = list(zip(slices, spans, strict=True))
    columns = concatenate([_in_spans(one.columns, each) for one, each in pairs])
    return _Phase(
        columns=columns,
        unsent_count=sum(int(np.count_nonzero(_is_inside(one.unsent_ns, each))) for one, each in pairs),
        length_s=sum((end - start) / _NS for each in spans for start, end in each),
        good_count=int(np.count_nonzero(_is_good(columns, timeline))),
    )


def _measure_phase(phase: _Phase, quiet: _Phase, timeline: FaultTimeline) -> Iterator[Measurement]:
    load = Load(duration_s=phase.length_s, dropped_arrivals=phase.unsent_count)
    for one in measure_requests(phase.columns, variant_id="", round_index=0, load=load):
        if one.endpoint == WHOLE_MIX and one.metric in _BY_PHASE and one.stat in PHASE_STATS[one.metric]:
            yield one
    count = phase.request_count
    yield _found("goodput", "mean", phase.goodput, count)
    share = phase.goodput / quiet.goodput if quiet.goodput and phase.goodput is not None else None
    yield _found("goodput_share", "mean", None if share is None else 100 * share, count)
    for stat in PHASE_STATS["slowdown"]:
        yield _found("slowdown", stat, _slowdown(phase, quiet, stat), phase.response_ms.size)
    yield from _refusals(phase.columns, timeline)


def _slowdown(phase: _Phase, quiet: _Phase, stat: str) -> float | None:
    q = QUANTILES[stat]
    if not all(is_resolvable(side.response_ms.size, q) for side in (phase, quiet)):
        return None
    normal = quantile(quiet.response_ms, q)
    return quantile(phase.response_ms, q) / normal if normal > 0 else None


_BY_PHASE = frozenset({"response_time", "service_time", "error_share", "wrong_answers"})


def _refusals(columns: Columns, timeline: FaultTimeline) -> Iterator[Measurement]:
    refused_ms = columns.service_ms[columns.is_failed & np.isin(columns.status, timeline.refused_statuses)]
    count = refused_ms.size
    for stat in ("p50", "p95", "p99"):
        is_known = is_resolvable(count, QUANTILES[stat])
        value = quantile(refused_ms, QUANTILES[stat]) if is_known else None
        yield _found("refusal_time", stat, value, count)
    slow = int(np.count_nonzero(refused_ms > timeline.refused_within_ms))
    yield _found("slow_refusals", "share", 100 * slow / count if count else None, count)
    yield _found("refused_share", "share", 100 * count / len(columns) if len(columns) else None, len(columns))


def _found(
    metric: str, stat: str, value: float | None, count: int, *, phase: str = "", endpoint: str = WHOLE_MIX
) -> Measurement:
    return Measurement(
        variant_id="",
        round_index=0,
        endpoint=endpoint,
        metric=metric,
        stat=stat,
        value=value,
        sample_count=count,
        phase=phase,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """One second of the slices, the mean over them; requests by the moment at which they were planned."""

    at_s: float
    """Its middle, after the slice's start."""
    asked: float
    good: float
    slow: float
    """Right, and later than the limit."""
    refused: float
    failed: float
    """In any other way."""
    p50_ms: float | None
    """Response time of the answers that did not fail, all slices together; None: too few."""
    p95_ms: float | None
    in_flight: float


_FEWEST = {"p50": 10, "p95": 20}
"""Of a point over time, which illustrates and decides nothing; as the chart over the run has it."""


def by_second(slices: Sequence[FaultSlice], timeline: FaultTimeline) -> tuple[Second, ...]:
    """Return the seconds of slices of one length, one laid over the other."""
    count = max((math.ceil(one.duration_s) for one in slices), default=0)
    return tuple(_second(slices, timeline, index) for index in range(count))


def _second(slices: Sequence[FaultSlice], timeline: FaultTimeline, index: int) -> Second:
    good = slow = refused = failed = unsent = in_flight_ns = 0
    times: list[FloatArray] = []
    for one in slices:
        start = one.started_ns + round(index * _NS)
        end = min(start + round(_NS), one.end_ns)
        columns = _in_spans(one.columns, [(start, end)])
        is_good = _is_good(columns, timeline)
        is_refused = columns.is_failed & np.isin(columns.status, timeline.refused_statuses)
        good += int(np.count_nonzero(is_good))
        slow += int(np.count_nonzero(~is_good & ~columns.is_failed))
        refused += int(np.count_nonzero(is_refused))
        failed += int(np.count_nonzero(columns.is_failed & ~is_refused))
        unsent += int(np.count_nonzero(_is_inside(one.unsent_ns, [(start, end)])))
        times.append(columns.response_ms[~columns.is_failed])
        under_way = np.minimum(one.columns.finished_ns, end) - np.maximum(one.columns.sent_ns, start)
        in_flight_ns += int(np.clip(under_way, 0, None).sum())
    seconds = sum(min(1.0, max(0.0, one.duration_s - index)) for one in slices)
    response_ms = np.concatenate(times)
    p50, p95 = (
        quantile(response_ms, QUANTILES[stat]) if response_ms.size >= fewest else None
        for stat, fewest in _FEWEST.items()
    )
    return Second(
        at_s=index + 0.5,
        asked=(good + slow + refused + failed + unsent) / seconds,
        good=good / seconds,
        slow=slow / seconds,
        refused=refused / seconds,
        failed=(failed + unsent) / seconds,
        p50_ms=p50,
        p95_ms=p95,
        in_flight=in_flight_ns / _NS / seconds,
    )


def mean_marks(slices: Sequence[FaultSlice]) -> Mapping[str, tuple[float, float]]:
    """Return the median start and end of each fault, seconds after the slice's start."""
    found: dict[str, list[Span]] = {}
    for one in slices:
        for mark in one.marks:
            span = (mark.started_ns - one.started_ns, mark.ended_ns - one.started_ns)
            found.setdefault(mark.fault, []).append(span)
    return {
        fault: (
            float(np.median([start for start, _ in spans])) / _NS,
            float(np.median([end for _, end in spans])) / _NS,
        )
        for fault, spans in found.items()
    }


def _is_good(columns: Columns, timeline: FaultTimeline) -> BoolArray:
    is_good: BoolArray = ~columns.is_failed & (columns.response_ms <= timeline.good_within_ms)
    return is_good


def _is_inside(at_ns: IntArray, spans: Sequence[Span]) -> BoolArray:
    is_inside = np.zeros(at_ns.size, dtype=bool)
    for start, end in spans:
        is_inside |= (at_ns >= start) & (at_ns < end)
    return is_inside


def _in_spans(columns: Columns, spans: Sequence[Span]) -> Columns:
    return select(columns, _is_inside(columns.scheduled_ns, spans))
