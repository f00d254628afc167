"""Measurement, Estimate, Comparison: from one round's number to before against after."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One statistic of one metric of one variant in one round."""

    variant_id: str
    round_index: int
    endpoint: str
    """`*` is the whole mix."""
    metric: str
    """Id of a Metric."""
    stat: str
    """`p50`, `p95`, `p99`, `mean`, `share` or `last`; `p50_typical` and so on, see METRIC_STATS."""
    value: float | None
    """None: too few samples support it, or the server does not report it."""
    sample_count: int
    phase: str = ""
    """Of a slice with faults; empty: of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRatio:
    """How two variants of one round differ in one statistic, where that is not the ratio of two measurements.

    The median over pairs of requests, or over couples of slices: both sides share the moment's noise.
    """

    baseline: str
    variant: str
    round_index: int
    endpoint: str
    metric: str
    stat: str
    log_ratio: float | None
    """Natural logarithm of variant/baseline; None: too few pairs support it."""
    pair_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its interval. Absolute values are in the metric's unit, changes in percent of before.

    An end of a recovery time may be infinite: the backend never came back.
    """

    value: float
    low: float
    high: float
    unit: str
    sample_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Before against after in one statistic of one metric of one endpoint.

    Of more than two variants any pair can stand in the place of before and after.
    """

    endpoint: str
    metric: str
    stat: str
    before: Estimate | None
    after: Estimate | None
    change: Estimate | None
    """100 x (after/before - 1); None where it cannot be said, with the reason beside it."""
    before_count: int
    """Samples of before, also where they are too few to say anything."""
    after_count: int
    baseline: str = "before"
    """Id of the variant in the place of before: the change is relative to it."""
    variant: str = "after"
    """Id of the variant in the place of after."""
    phase: str = ""
    """Of a slice with faults; empty: of the whole."""
    reason: str = ""
    """Why an estimate is missing, "not resolvable: 12 requests a round, p95 needs 100"; empty otherwise."""
