"""Metric: something measured, its unit, and which direction is better. METRICS says what exists."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measurable thing."""

    id: str
    title: str
    unit: str
    """`ms`, `s`, `%`, `x`, `count`, `MiB`, `/s`."""
    better: Literal["lower", "higher"]
    description: str


METRICS = (
    Metric(
        id="response_time", title="Response time", unit="ms", better="lower",
        description="From the moment the request should have been sent to the last byte of its answer.",
    ),
    Metric(
        id="service_time", title="Service time", unit="ms", better="lower",
        description="From the moment the request was sent to the last byte of its answer.",
    ),
    Metric(
        id="unloaded_time", title="Service time without load", unit="ms", better="lower",
        description="Service time with nothing else under way; the change is that of one request on both.",
    ),
    Metric(
        id="db_time", title="Database time per request", unit="ms", better="lower",
        description="Time the server spent waiting for its database, as its Server-Timing header says.",
    ),
    Metric(
        id="middleware_time", title="Middleware time per request", unit="ms", better="lower",
        description="Self time of all middleware layers, as the server's Server-Timing header says.",
    ),
    Metric(
        id="query_count", title="Queries per request", unit="count", better="lower",
        description="Database statements per request, as the server's Server-Timing header says.",
    ),
    Metric(
        id="external_time", title="Time in other services per request", unit="ms", better="lower",
        description="Time the server waited for other services, as its Server-Timing header says.",
    ),
    Metric(
        id="external_calls", title="Calls to other services per request", unit="count", better="lower",
        description="Calls to other services per request, as the server's Server-Timing header says.",
    ),
    Metric(
        id="slow_share", title="Very slow requests", unit="%", better="lower",
        description="Good requests that took more than four times the p95 of before.",
    ),
    Metric(
        id="error_share", title="Failed requests", unit="%", better="lower",
        description="Requests with no answer, with a status of 400 or more, or judged wrong by the scenario.",
    ),
    Metric(
        id="wrong_answers", title="Wrong answers", unit="count", better="lower",
        description="Answers with a status below 400 that the scenario judged wrong, in all rounds together.",
    ),
    Metric(
        id="achieved_rate", title="Requests sent", unit="/s", better="higher",
        description="Requests a second while load was on.",
    ),
    Metric(
        id="memory_uss", title="Server memory (USS)", unit="MiB", better="lower",
        description="Memory that belongs to the server's processes alone, at the end of the round.",
    ),
    Metric(
        id="memory_rss", title="Server memory (RSS)", unit="MiB", better="lower",
        description="Resident memory of the server's processes, at the end of the round.",
    ),
    Metric(
        id="cpu_time", title="Server CPU per request", unit="ms", better="lower",
        description="CPU time of the server's processes during the load, per request.",
    ),
    Metric(
        id="live_heap_slope", title="Live heap kept per request", unit="B/request", better="lower",
        description="Bytes still allocated after a collection that each request leaves behind.",
    ),
    Metric(
        id="uss_slope", title="USS kept per request", unit="B/request", better="lower",
        description="Growth of the processes' own memory per request; allocators make it a coarse ruler.",
    ),
    Metric(
        id="fd_slope", title="File descriptors kept per 1,000 requests", unit="count", better="lower",
        description="Open files and sockets that 1,000 requests leave behind.",
    ),
    Metric(
        id="thread_slope", title="Threads kept per 1,000 requests", unit="count", better="lower",
        description="Threads that 1,000 requests leave behind.",
    ),
    Metric(
        id="service_count", title="Services", unit="count", better="lower",
        description="Service objects that live in the server after the load, as it says itself.",
    ),
    Metric(
        id="middleware_layers", title="Middleware layers", unit="count", better="lower",
        description="Layers that each request passes, as the server says itself.",
    ),
    Metric(
        id="index_count", title="Database indexes", unit="count", better="higher",
        description="Indexes on the tables of the variant's database.",
    ),
    Metric(
        id="unused_indexes", title="Unused indexes", unit="count", better="lower",
        description="Indexes that no query of the round read and that enforce nothing.",
    ),
    Metric(
        id="invariant_breaches", title="Broken invariants", unit="count", better="lower",
        description="Findings of the experiment's check of the data after the load, in all rounds together.",
    ),
    Metric(
        id="goodput", title="Good answers", unit="/s", better="higher",
        description="Right answers within the limit of time, a second of the phase.",
    ),
    Metric(
        id="goodput_share", title="Good answers against quiet", unit="%", better="higher",
        description="Good answers a second of the phase in percent of those of the quiet phase.",
    ),
    Metric(
        id="slowdown", title="Response time against quiet", unit="x", better="lower",
        description="Response time of the phase as a multiple of that of the quiet phase.",
    ),
    Metric(
        id="refused_share", title="Refused requests", unit="%", better="lower",
        description="Requests that were answered with a status of refusal, 429 or 503.",
    ),
    Metric(
        id="refusal_time", title="Time to refuse", unit="ms", better="lower",
        description="Service time of the requests that were refused.",
    ),
    Metric(
        id="slow_refusals", title="Slow refusals", unit="%", better="lower",
        description="Of the refused requests, those whose refusal took longer than the limit.",
    ),
    Metric(
        id="recovery_time", title="Recovery time", unit="s", better="lower",
        description="From a fault's end until the share of good answers is back and stays.",
    ),
)  # fmt: skip

METRIC_BY_ID = {metric.id: metric for metric in METRICS}

CAPACITY = Metric(
    id="capacity",
    title="Capacity",
    unit="/s",
    better="higher",
    description="The highest rate of arrivals at which a service level objective holds.",
)
"""Found by a search, `kpibench capacity`; no run at one rate has it, so it is none of METRICS."""
