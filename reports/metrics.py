"""What the metrics of results.json are called, which direction is better, and what they mean in plain words.

The ids and directions are those of the harness; a unit test holds both sides together.
"""

from dataclasses import dataclass
from typing import Literal

from reports.results import Comparison, Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricWords:
    """How a metric is spoken of."""

    id: str
    title: str
    better: Literal["lower", "higher"]
    meaning: str
    """One sentence for the glossary."""


METRIC_WORDS = (
    MetricWords(
        id="response_time",
        title="Response time",
        better="lower",
        meaning="From when a request should have been sent to the last byte of its answer.",
    ),
    MetricWords(
        id="service_time",
        title="Service time",
        better="lower",
        meaning="From the moment a request was really sent to the last byte of its answer.",
    ),
    MetricWords(
        id="unloaded_time",
        title="Service time without load",
        better="lower",
        meaning="Service time with nothing else under way; the change is that of the same request on both.",
    ),
    MetricWords(
        id="db_time",
        title="Database time per request",
        better="lower",
        meaning="How long the server waited for its database in one request, as the server itself reports.",
    ),
    MetricWords(
        id="middleware_time",
        title="Middleware time per request",
        better="lower",
        meaning="How long one request spent in middleware alone, as the server itself reports.",
    ),
    MetricWords(
        id="query_count",
        title="Queries per request",
        better="lower",
        meaning="How many database statements one request caused, as the server itself reports.",
    ),
    MetricWords(
        id="external_time",
        title="Time in other services per request",
        better="lower",
        meaning="How long the server waited for other services in one request, as the server itself reports.",
    ),
    MetricWords(
        id="external_calls",
        title="Calls to other services per request",
        better="lower",
        meaning="How many calls to other services one request caused, as the server itself reports.",
    ),
    MetricWords(
        id="slow_share",
        title="Very slow requests",
        better="lower",
        meaning="Good requests that took more than four times the 95th percentile of before.",
    ),
    MetricWords(
        id="error_share",
        title="Failed requests",
        better="lower",
        meaning="Requests without an answer, with a status of 400 or more, or with an answer judged wrong.",
    ),
    MetricWords(
        id="achieved_rate",
        title="Requests sent",
        better="higher",
        meaning="Requests a second while load was on.",
    ),
    MetricWords(
        id="memory_uss",
        title="Server memory (USS)",
        better="lower",
        meaning="Memory that belongs to the server's processes alone, at the end of a round.",
    ),
    MetricWords(
        id="memory_rss",
        title="Server memory (RSS)",
        better="lower",
        meaning="Resident memory of the server's processes, shared pages included, at the end of a round.",
    ),
    MetricWords(
        id="cpu_time",
        title="Server CPU per request",
        better="lower",
        meaning="CPU time of the server's processes during the load, divided by the requests.",
    ),
    MetricWords(
        id="live_heap_slope",
        title="Live heap kept per request",
        better="lower",
        meaning="Bytes still allocated after a garbage collection that each request leaves behind: a leak.",
    ),
    MetricWords(
        id="uss_slope",
        title="USS kept per request",
        better="lower",
        meaning="The same seen from outside, by memory pages: a coarse ruler, for servers without a probe.",
    ),
    MetricWords(
        id="fd_slope",
        title="File descriptors kept per 1,000 requests",
        better="lower",
        meaning="Open files and sockets that 1,000 requests leave behind.",
    ),
    MetricWords(
        id="thread_slope",
        title="Threads kept per 1,000 requests",
        better="lower",
        meaning="Threads that 1,000 requests leave behind.",
    ),
    MetricWords(
        id="wrong_answers",
        title="Wrong answers",
        better="lower",
        meaning="Answers that looked good and that the scenario judged wrong, in all rounds together.",
    ),
    MetricWords(
        id="service_count",
        title="Services",
        better="lower",
        meaning="Service objects that live in the server after the load, as it says itself.",
    ),
    MetricWords(
        id="middleware_layers",
        title="Middleware layers",
        better="lower",
        meaning="Layers that each request passes, as the server says itself.",
    ),
    MetricWords(
        id="index_count",
        title="Database indexes",
        better="higher",
        meaning="Indexes on the tables of the database.",
    ),
    MetricWords(
        id="unused_indexes",
        title="Unused indexes",
        better="lower",
        meaning="Indexes that no query of the run read and that enforce nothing.",
    ),
    MetricWords(
        id="invariant_breaches",
        title="Broken invariants",
        better="lower",
        meaning="What a check of the data after the load found, in all rounds together.",
    ),
    MetricWords(
        id="goodput",
        title="Good answers",
        better="higher",
        meaning="Right answers within the limit of time, a second, in one phase of a run with faults.",
    ),
    MetricWords(
        id="goodput_share",
        title="Good answers against quiet",
        better="higher",
        meaning="Good answers a second of a phase in percent of those before any fault.",
    ),
    MetricWords(
        id="slowdown",
        title="Response time against quiet",
        better="lower",
        meaning="Response time of a phase as a multiple of that before any fault.",
    ),
    MetricWords(
        id="refused_share",
        title="Refused requests",
        better="lower",
        meaning="Requests that were answered with a status of refusal, 429 or 503.",
    ),
    MetricWords(
        id="refusal_time",
        title="Time to refuse",
        better="lower",
        meaning="How long the server took to say no.",
    ),
    MetricWords(
        id="slow_refusals",
        title="Slow refusals",
        better="lower",
        meaning="Of the refused requests, those whose refusal took longer than the limit.",
    ),
    MetricWords(
        id="recovery_time",
        title="Recovery time",
        better="lower",
        meaning="From a fault's end until the share of good answers is back and stays; ∞ where it never was.",
    ),
    MetricWords(
        id="capacity",
        title="Capacity",
        better="higher",
        meaning="The highest rate of arrivals at which a service level objective holds.",
    ),
)

FAULT_METRICS = frozenset(
    {
        "goodput",
        "goodput_share",
        "slowdown",
        "refused_share",
        "refusal_time",
        "slow_refusals",
        "recovery_time",
    }
)
"""Metrics that only a run with faults has."""

_WORDS_BY_ID = {words.id: words for words in METRIC_WORDS}

STAT_WORDS = {
    "p50": "median",
    "p95": "95th percentile",
    "p99": "99th percentile",
    "p99.9": "99.9th percentile",
    "p50_typical": "median, typical slice",
    "p95_typical": "95th percentile, typical slice",
    "p50_calm": "median, calm slices",
    "p95_calm": "95th percentile, calm slices",
    "mean": "mean",
    "share": "share",
    "last": "at the end",
    "slope": "of itself",
    "added": "after minus before",
    "count": "in total",
    "longest": "the longest",
}


def metric_title(metric: str) -> str:
    """Name a metric; one that is unknown here keeps its id."""
    words = _WORDS_BY_ID.get(metric)
    return words.title if words else metric.replace("_", " ")


def is_higher_better(metric: str) -> bool:
    """Tell whether more is better; a metric that is unknown here is taken as a cost."""
    words = _WORDS_BY_ID.get(metric)
    return words is not None and words.better == "higher"


def stat_title(stat: str) -> str:
    """Name a statistic; one that is unknown here keeps its id."""
    return STAT_WORDS.get(stat, stat)


def measured_title(metric: str, stat: str) -> str:
    """Name one statistic of one metric: `Response time, median`; where only one makes sense, none."""
    title = metric_title(metric)
    return title if stat in {"share", "last", "count", "longest", ""} else f"{title}, {stat_title(stat)}"


def direction_word(metric: str, change: Estimate) -> str:
    """Say what a change means by its interval: better, worse, unclear, or same if exactly none."""
    if change.low == change.high == 0:
        return "same"
    is_lower, is_higher = change.high < 0, change.low > 0
    if not (is_lower or is_higher):
        return "unclear"
    return "better" if is_higher == is_higher_better(metric) else "worse"


def is_on_worse_side(comparison: Comparison) -> bool:
    """Tell whether after's value is worse than before's; without both values it is not."""
    before, after = comparison.before, comparison.after
    if before is None or after is None or before.value == after.value:
        return False
    return (after.value < before.value) == is_higher_better(comparison.metric)
