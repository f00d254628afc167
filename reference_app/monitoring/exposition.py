"""The records that the JSON endpoints show, for Prometheus: read when it asks, so that requests pay nothing.

prometheus-client's own histograms would cost each request a search through their bounds and some locks.
The bounds are powers of two seconds because these are edges of our buckets: no count is interpolated.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from reference_app.monitoring.durations import Durations
from reference_app.monitoring.layer_times import LayerTime
from reference_app.monitoring.request_records import RequestRecords
from reference_app.monitoring.snapshots import Scalability, snapshots
from reference_app.services.registry import ServiceRegistry

CONTENT_TYPE = "text/plain"
_REQUEST_BOUNDS = range(-10, 5)
"""From a millisecond to 16 s."""
_LAYER_BOUNDS = range(-17, -3)
"""From 8 us to 62 ms."""


class Exposition(Collector):
    """Writes the text that Prometheus reads."""

    def __init__(
        self,
        records: RequestRecords,
        layer_times: Sequence[LayerTime],
        services: ServiceRegistry,
        scalability: Scalability,
    ) -> None:
        self._records = records
        self._layer_times = layer_times
        self._services = services
        self._scalability = scalability
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._registry.register(ProcessCollector(registry=None))

    def text(self) -> bytes:
        """Write all metrics in the text format of version 0.0.4."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Answer nothing: what is there is known when somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Make the metrics; called by prometheus-client."""
        yield GaugeMetricFamily("uptime_seconds", "Time since the start.", value=self._records.uptime_s)
        yield from self._requests()
        yield self._layers()
        yield from self._services_called()
        yield from _parts(snapshots(self._scalability))

    def _requests(self) -> Iterator[Metric]:
        labels = ("method", "endpoint")
        times = HistogramMetricFamily(
            "http_request_duration_seconds", "From our first line to the answer's headers.", labels=labels
        )
        answers = CounterMetricFamily("http_requests", "Answers.", labels=(*labels, "status"))
        statements = CounterMetricFamily("database_statements", "Statements of requests.", labels=labels)
        waited = CounterMetricFamily("database_seconds", "Time that requests waited for it.", labels=labels)
        kept = CounterMetricFamily("kept_answers", "Answers given out again.", labels=labels)
        for record in self._records.endpoints:
            names = (record.method, record.path)
            times.add_metric(names, _buckets(record.response, _REQUEST_BOUNDS), record.response.sum_s)
            for status, count in record.statuses.items():
                answers.add_metric((*names, str(status)), count)
            statements.add_metric(names, record.statement_count)
            waited.add_metric(names, record.database_s)
            kept.add_metric(names, record.kept_count)
        yield from (times, answers, statements, waited, kept)

    def _layers(self) -> Metric:
        times = HistogramMetricFamily("middleware_self_seconds", "Own time of each layer.", labels=("layer",))
        for layer in self._layer_times:
            times.add_metric((layer.name,), _buckets(layer.own, _LAYER_BOUNDS), layer.own.sum_s)
        return times

    def _services_called(self) -> Iterator[Metric]:
        labels = ("service",)
        calls = CounterMetricFamily("service_calls", "Calls.", labels=labels)
        errors = CounterMetricFamily("service_errors", "Calls that failed.", labels=labels)
        healthy = GaugeMetricFamily("service_is_healthy", "1 if it was when last asked.", labels=labels)
        for state in self._services.states():
            if state.call_count is not None:
                calls.add_metric((state.name,), state.call_count)
                errors.add_metric((state.name,), state.error_count)
            healthy.add_metric((state.name,), float(state.is_healthy))
        yield from (calls, errors, healthy)


def _buckets(durations: Durations, exponents: range) -> list[tuple[str, float]]:
    below = [(f"{bound_s:.6g}", float(count)) for bound_s, count in durations.cumulative(exponents)]
    return [*below, ("+Inf", float(durations.count))]


def _parts(shown: Mapping[str, Any]) -> Iterator[Metric]:
    """Turn the numbers and states of the scalability block into two metrics, whatever a part is made of."""
    values = GaugeMetricFamily("scalability", "Numbers of the scalability block.", labels=("part", "name"))
    states = GaugeMetricFamily(
        "scalability_state", "1 for the state that a part is in.", labels=("part", "name", "state")
    )
    for part, snapshot in shown.items():
        for name, value in _leaves(snapshot, ""):
            if isinstance(value, str):
                states.add_metric((part, name, value), 1)
            else:
                values.add_metric((part, name), float(value))
    yield from (values, states)


def _leaves(value: object, name: str) -> Iterator[tuple[str, str | float]]:
    """List numbers and words by their path; lists are events, which are no metrics."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, str | int | float):
        yield name, value
