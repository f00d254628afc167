"""Measurements of all rounds -> Comparisons: before against after, with intervals.

The round is the unit: a statistic gives one number for each variant in each round. The change is the
Hodges-Lehmann estimate of the rounds' log ratios after/before with its exact signed-rank interval; a level
is the same of one variant's own logs. All rounds take part or none does: to leave a round out after looking
at it would be to choose the result. Where a number cannot be said it is None, and the comparison says why.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.model.measurement import Comparison, Estimate, Measurement
from harness.model.metric import METRIC_BY_ID
from harness.stats.measure import MEMORY_METRICS, METRIC_STATS, SERVER_METRICS, WHOLE_MIX
from harness.stats.percentiles import QUANTILES, SAMPLES_IN_TAIL, samples_needed
from harness.stats.proportion import clopper_pearson
from harness.stats.signed_rank import FloatArray, Interval, rounds_needed, signed_rank_interval

_REPORTED_BY_SERVER = frozenset({"db_time", "middleware_time", "query_count"})


class _CannotSayError(Exception):
    """An estimate cannot be given; the message is the reason that people read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """One statistic of one variant, round by round."""

    metric: str
    stat: str
    values: tuple[float | None, ...]
    sample_counts: tuple[int, ...]


def compare(
    measurements: Sequence[Measurement], *, before: str, after: str, confidence: float
) -> tuple[Comparison, ...]:
    """Compare two variants in everything that can be measured.

    Args:
        measurements: of all rounds that count, of these two variants or more.
        before: id of the variant that a change is relative to.
        after: id of the other one.
        confidence: of every interval, 0.95 for one.

    Returns:
        The whole mix first, then endpoints by name; metrics and statistics in the order of METRIC_STATS. Of a
        change, `sample_count` is that of both levels together.
    """
    rounds = sorted({measurement.round_index for measurement in measurements})
    found = {(m.variant_id, m.endpoint, m.metric, m.stat, m.round_index): m for m in measurements}

    def series(variant: str, endpoint: str, metric: str, stat: str) -> _Series:
        cells = [found.get((variant, endpoint, metric, stat, index)) for index in rounds]
        return _Series(
            metric=metric,
            stat=stat,
            values=tuple(cell.value if cell else None for cell in cells),
            sample_counts=tuple(cell.sample_count if cell else 0 for cell in cells),
        )

    endpoints = {m.endpoint for m in measurements if m.variant_id in {before, after}}
    return tuple(
        _compare_one(key[0], series(before, *key), series(after, *key), confidence)
        for key in _keys(endpoints)
    )


def _keys(endpoints: set[str]) -> Iterator[tuple[str, str, str]]:
    for endpoint in (WHOLE_MIX, *sorted(endpoints - {WHOLE_MIX})):
        for metric, stats in METRIC_STATS.items():
            if metric in MEMORY_METRICS:
                continue  # no round has them
            if endpoint == WHOLE_MIX or metric not in SERVER_METRICS:
                for stat in stats:
                    yield endpoint, metric, stat


def _compare_one(endpoint: str, before: _Series, after: _Series, confidence: float) -> Comparison:
    before_level, before_reason = _try(_level, before, confidence)
    after_level, after_reason = _try(_level, after, confidence)
    change, change_reason = None, ""
    if before_level and after_level:
        change, change_reason = _try(_change, before, after, confidence)
    return Comparison(
        endpoint=endpoint,
        metric=before.metric,
        stat=before.stat,
        before=before_level,
        after=after_level,
        change=change,
        before_count=sum(before.sample_counts),
        after_count=sum(after.sample_counts),
        reason=change_reason or _join_reasons(before_reason, after_reason),
    )


def _try(estimate: Callable[..., Estimate], *arguments: object) -> tuple[Estimate | None, str]:
    try:
        return estimate(*arguments), ""
    except _CannotSayError as reason:
        return None, str(reason)


def _join_reasons(before: str, after: str) -> str:
    if before == after:
        return before
    told = (f"{name} {reason}" for name, reason in (("before", before), ("after", after)) if reason)
    return "; ".join(told)


def _level(series: _Series, confidence: float) -> Estimate:
    values = _complete(series, confidence)
    if series.stat == "share":
        interval = _share(series, values, confidence)
    elif np.all(values > 0):
        interval = _mapped(_over_rounds(np.log(values), confidence), np.exp)
    else:
        interval = _over_rounds(values, confidence)
    return _estimate(interval, METRIC_BY_ID[series.metric].unit, sum(series.sample_counts))


def _change(before: _Series, after: _Series, confidence: float) -> Estimate:
    """Estimate the change in percent of before.

    Zeros have no logarithm. The same numbers in every round are no change, zero or not; where only after is
    zero at times, each round's relative difference takes the place of its log ratio.
    """
    befores, afters = _complete(before, confidence), _complete(after, confidence)
    if before.stat == "share":
        _require_events(before, after)
    if np.array_equal(befores, afters):
        interval = Interval(value=0.0, low=0.0, high=0.0)
    elif not np.all(befores > 0):
        zeros = int(np.count_nonzero(befores <= 0))
        raise _CannotSayError(f"not resolvable: before is 0 in {zeros} of {befores.size} rounds")
    elif np.all(afters > 0):
        log_ratios = np.log(afters / befores)
        interval = _mapped(_over_rounds(log_ratios, confidence), lambda ratio: 100 * np.expm1(ratio))
    else:
        interval = _over_rounds(100 * (afters - befores) / befores, confidence)
    return _estimate(interval, "%", sum(before.sample_counts) + sum(after.sample_counts))


def _complete(series: _Series, confidence: float) -> FloatArray:
    """Return the rounds' values, of which none may be missing and enough must be there."""
    values = [value for value in series.values if value is not None]
    if not values and sum(series.sample_counts) == 0:
        raise _CannotSayError(_why_never(series.metric))
    if len(values) < len(series.values):
        least = min(series.sample_counts)
        needs = samples_needed(QUANTILES[series.stat]) if series.stat in QUANTILES else 1
        raise _CannotSayError(f"not resolvable: {least} requests a round, {series.stat} needs {needs}")
    if len(values) < rounds_needed(confidence):
        count = f"{len(values)} round" + ("" if len(values) == 1 else "s")
        raise _CannotSayError(
            f"not resolvable: {count}, a {100 * confidence:g} % interval needs {rounds_needed(confidence)}"
        )
    return np.asarray(values, dtype=np.float64)


def _why_never(metric: str) -> str:
    if metric in _REPORTED_BY_SERVER:
        return "not measured: no good answer carries it in a Server-Timing header"
    if metric in SERVER_METRICS:
        return "not measured: the server's processes were not observed"
    return "not measured: no good answer came"


def _over_rounds(values: FloatArray, confidence: float) -> Interval:
    interval = signed_rank_interval(values, confidence)
    if interval is None:
        raise AssertionError(f"{values.size} rounds were let through for {confidence}")
    return interval


def _share(series: _Series, values: FloatArray, confidence: float) -> Interval:
    """Estimate a share, in percent: all events over all samples, with the wider of two intervals.

    Clopper-Pearson over the pooled samples says what so many samples can support, also when none of them
    failed; the signed-rank interval over rounds adds that failures come together.
    """
    pooled = clopper_pearson(sum(_events(series)), sum(series.sample_counts), confidence)
    rounds = _over_rounds(values, confidence)
    return Interval(
        value=100 * pooled.value,
        low=min(100 * pooled.low, rounds.low),
        high=max(100 * pooled.high, rounds.high),
    )


def _events(series: _Series) -> tuple[int, ...]:
    pairs = zip(series.values, series.sample_counts, strict=True)
    return tuple(round((value or 0.0) / 100 * count) for value, count in pairs)


def _require_events(before: _Series, after: _Series) -> None:
    least = min(*_events(before), *_events(after))
    if least < SAMPLES_IN_TAIL:
        raise _CannotSayError(
            f"not resolvable: {least} failures in a round, a change in percent needs {SAMPLES_IN_TAIL}"
        )


def _mapped(interval: Interval, rising: Callable[[float], float]) -> Interval:
    return Interval(
        value=float(rising(interval.value)),
        low=float(rising(interval.low)),
        high=float(rising(interval.high)),
    )


def _estimate(interval: Interval, unit: str, sample_count: int) -> Estimate:
    return Estimate(
        value=interval.value, low=interval.low, high=interval.high, unit=unit, sample_count=sample_count
    )
