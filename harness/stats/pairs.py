"""What two variants of one round share: pairs of requests, couples of slices, and how calm a couple was.

A ratio within a pair holds the noise of one moment only, so its median over pairs is sharper than the ratio
of two medians. It is robust, too, and blind to what happens seldom: that is what the statistics over
everything are for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.model.measurement import Measurement, RoundRatio
from harness.stats.columns import BoolArray, Columns, FloatArray, IntArray, join_names
from harness.stats.measure import WHOLE_MIX
from harness.stats.percentiles import QUANTILES, STAT_QUANTILES, is_resolvable, quantile, samples_needed

FEWEST_IN_SLICE = {"p50_typical": 10, "p95_typical": 20}
"""Good requests that both slices of a couple need: one of twenty lies beyond p95. A slice is one of many, and
only the median over couples is used."""

FEWEST_COUPLES = 2
"""Of which a median is taken."""

SLOW = 4.0
"""Times the p95 of before: what takes longer is no longer the tail that one knows."""

CALM = 1.2
"""Times the lower quartile of a round's disturbance indices: couples up to there are calm."""


def pairs_needed(stat: str) -> int:
    """Return how many pairs a round needs: of requests, or of slices for what is `typical`."""
    return FEWEST_COUPLES if stat in FEWEST_IN_SLICE else samples_needed(QUANTILES["p50"])


def pair_requests(
    first: Columns, second: Columns, *, baseline: str, variant: str, round_index: int
) -> Iterator[RoundRatio]:
    """Yield the median log ratio of the same requests' service times, of the mix and of each endpoint.

    A pair is one step of one arrival that went to the same endpoint of both variants and was good on both.

    Args:
        first: the precision samples of the baseline.
        second: those of the other variant.
        baseline: id of the first.
        variant: id of the second.
        round_index: whose samples these are.
    """
    endpoint = join_names((first.endpoint, second.endpoint))
    one, two = _matches(first, second)
    codes, others = endpoint.codes[: len(first)][one], endpoint.codes[len(first) :][two]
    before_ms, after_ms = first.service_ms[one], second.service_ms[two]
    is_good = ~first.is_failed[one] & ~second.is_failed[two]
    is_usable = is_good & (codes == others) & (before_ms > 0) & (after_ms > 0)
    codes, log_ratios = codes[is_usable], np.log(after_ms[is_usable] / before_ms[is_usable])
    groups = [(WHOLE_MIX, log_ratios)]
    groups += [(word, log_ratios[codes == code]) for code, word in enumerate(endpoint.words)]
    for name, ratios in groups:
        is_enough = ratios.size >= pairs_needed("p50")
        yield RoundRatio(
            baseline=baseline,
            variant=variant,
            round_index=round_index,
            endpoint=name,
            metric="unloaded_time",
            stat="p50",
            log_ratio=float(np.median(ratios)) if is_enough else None,
            pair_count=int(ratios.size),
        )


def _matches(first: Columns, second: Columns) -> tuple[IntArray, IntArray]:
    """Return the rows of both sides that are the same step of the same arrival."""
    steps = 1 + max(int(side.step.max(initial=0)) for side in (first, second))
    keys = [side.arrival.astype(np.int64) * steps + side.step for side in (first, second)]
    _, one, two = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    return one, two


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceQuantiles:
    """What one slice's good requests took."""

    values_ms: Mapping[str, float]
    """By statistic, `p50_typical` for one; those that enough requests support."""
    request_count: int


def slice_quantiles(columns: Columns) -> SliceQuantiles:
    """Return the quantiles of the response time in one slice."""
    good = good_response_ms(columns)
    stats = [stat for stat, fewest in FEWEST_IN_SLICE.items() if good.size >= fewest]
    values = {stat: quantile(good, STAT_QUANTILES[stat]) for stat in stats}
    return SliceQuantiles(values_ms=values, request_count=int(good.size))


def good_response_ms(columns: Columns) -> FloatArray:
    """Return the response times of the good requests."""
    return columns.response_ms[~columns.is_failed]


def typical_levels(
    slices: Sequence[SliceQuantiles], *, variant: str, round_index: int
) -> Iterator[Measurement]:
    """Yield the median over one variant's slices of each quantile."""
    total = sum(one.request_count for one in slices)
    for stat in FEWEST_IN_SLICE:
        values = [one.values_ms[stat] for one in slices if stat in one.values_ms]
        is_enough = len(values) >= FEWEST_COUPLES and is_resolvable(total, STAT_QUANTILES[stat])
        yield Measurement(
            variant_id=variant,
            round_index=round_index,
            endpoint=WHOLE_MIX,
            metric="response_time",
            stat=stat,
            value=float(np.median(values)) if is_enough else None,
            sample_count=total,
        )


def typical_ratios(
    first: Mapping[int, SliceQuantiles],
    second: Mapping[int, SliceQuantiles],
    *,
    baseline: str,
    variant: str,
    round_index: int,
) -> Iterator[RoundRatio]:
    """Yield the median over couples of the log ratio of the two slices' quantiles.

    Args:
        first: the slices of the baseline, by couple.
        second: those of the other variant.
        baseline: id of the first.
        variant: id of the second.
        round_index: whose slices these are.
    """
    for stat in FEWEST_IN_SLICE:
        ratios = [
            np.log(second[couple].values_ms[stat] / slice_.values_ms[stat])
            for couple, slice_ in first.items()
            if couple in second and stat in slice_.values_ms and stat in second[couple].values_ms
        ]
        yield RoundRatio(
            baseline=baseline,
            variant=variant,
            round_index=round_index,
            endpoint=WHOLE_MIX,
            metric="response_time",
            stat=stat,
            log_ratio=float(np.median(ratios)) if len(ratios) >= FEWEST_COUPLES else None,
            pair_count=len(ratios),
        )


def calm_couples(disturbance: Mapping[int, float]) -> frozenset[int]:
    """Return the couples whose disturbance is at most CALM times the round's lower quartile: never none.

    Args:
        disturbance: how busy others kept the machine during each couple; never a latency, or the slow
            would be left out for being slow.
    """
    if not disturbance:
        return frozenset()
    quartile = float(np.quantile(list(disturbance.values()), 0.25, method="higher"))
    return frozenset(couple for couple, index in disturbance.items() if index <= CALM * quartile)


def calm_levels(parts: Sequence[Columns], *, variant: str, round_index: int) -> Iterator[Measurement]:
    """Yield the quantiles of one variant's calm slices together; without any they are not measured."""
    good = [good_response_ms(part) for part in parts]
    pooled = np.concatenate(good) if good else np.empty(0)
    for stat in ("p50_calm", "p95_calm"):
        q = STAT_QUANTILES[stat]
        yield Measurement(
            variant_id=variant,
            round_index=round_index,
            endpoint=WHOLE_MIX,
            metric="response_time",
            stat=stat,
            value=quantile(pooled, q) if is_resolvable(pooled.size, q) else None,
            sample_count=int(pooled.size),
        )


def slow_share(
    response_ms: FloatArray, *, limit_ms: float | None, variant: str, round_index: int
) -> Measurement:
    """Return the share, in percent, of good response times above the limit; without one it is not known."""
    is_known = limit_ms is not None and response_ms.size > 0
    is_slow: BoolArray = response_ms > (limit_ms or 0.0)
    return Measurement(
        variant_id=variant,
        round_index=round_index,
        endpoint=WHOLE_MIX,
        metric="slow_share",
        stat="share",
        value=100 * float(np.count_nonzero(is_slow)) / response_ms.size if is_known else None,
        sample_count=int(response_ms.size),
    )
