"""What the running application tells of itself: performance, services, and metrics for Prometheus."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reference_app.monitoring.snapshots import PARTS
from reference_app.variants import build
from tests.component.reference_app.backends import Backend, serve_and
from tests.component.reference_app.conftest import Clone

VARIANTS = ("before", "after")
HISTORY = "/api/v2/clients/{id}/history"


async def ask_around(backend: Backend) -> None:
    """Two histories under different addresses, a stranger's refusal, an unknown path."""
    await backend.ask("GET", "/api/v2/clients/1/history", "client")
    await backend.ask("GET", "/api/v1/clients/1/history", "client")
    await backend.ask("GET", "/api/v2/clients/31/history", "client")
    await backend.ask("GET", "/api/v2/no/such/path")


@pytest.mark.parametrize("variant", VARIANTS)
def test_performance_counts_answers_by_endpoint_whatever_their_address(variant: str, clone: Clone) -> None:
    components = build(variant).components

    async def work(backend: Backend) -> Any:
        await ask_around(backend)
        return (await backend.ask("GET", "/api/v2/monitoring/performance")).body

    told = serve_and(components, clone(components.migrations), work)
    endpoints = {endpoint["path"]: endpoint for endpoint in told["endpoints"]}

    assert set(endpoints) == {HISTORY, "/api/v2/auth/login", "unknown"}
    assert endpoints[HISTORY]["request_count"] == 3
    assert endpoints[HISTORY]["statements_per_request"] > 0
    assert told["request_count"] == 5
    assert told["errors"] == {"error_count": 0, "error_share": 0.0, "by_status": {"403": 1, "404": 1}}
    for times in (told["response_ms"], endpoints[HISTORY]["response_ms"], told["queries"]["database_ms"]):
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]
    assert set(told["scalability"]) == set(PARTS)


def test_before_has_none_of_the_parts_that_keep_a_backend_standing(clone: Clone) -> None:
    components = build("before").components

    async def work(backend: Backend) -> Any:
        return (await backend.ask("GET", "/api/v2/monitoring/performance")).body["scalability"]

    assert serve_and(components, clone(components.migrations), work) == dict.fromkeys(PARTS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_prometheus_reads_the_metrics_and_they_agree_with_the_json(variant: str, clone: Clone) -> None:
    components = build(variant).components

    async def work(backend: Backend) -> tuple[str, str, Any]:
        await ask_around(backend)
        metrics = await backend.ask("GET", "/metrics")
        layers = (await backend.ask("GET", "/api/v2/monitoring/middleware")).body["layers"]
        return metrics.headers["Content-Type"], metrics.text, layers

    media, text, layers = serve_and(components, clone(components.migrations), work)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families.values()
        for sample in family.samples
    }

    assert media == "text/plain; version=0.0.4; charset=utf-8"
    assert samples["http_requests_total", HISTORY, "GET", "200"] == 2
    assert samples["http_requests_total", HISTORY, "GET", "403"] == 1
    assert samples["http_request_duration_seconds_count", HISTORY, "GET"] == 3
    assert samples["http_request_duration_seconds_bucket", HISTORY, "+Inf", "GET"] == 3
    assert samples["process_resident_memory_bytes",] > 0
    shown = samples.get(("scalability", "own.limit", "throttler"))
    assert shown == (20 if variant == "after" else None)
    told = {sample.labels["layer"] for sample in families["middleware_self_seconds"].samples}
    assert told == {layer["name"] for layer in layers}


@pytest.mark.parametrize("variant", VARIANTS)
def test_services_tell_when_they_became_ready_and_what_they_were_asked(variant: str, clone: Clone) -> None:
    components = build(variant).components

    async def work(backend: Backend) -> Any:
        await ask_around(backend)
        return (await backend.ask("GET", "/api/v2/monitoring/services")).body["services"]

    services = serve_and(components, clone(components.migrations), work)

    assert all((one["started_at"] is None) == (one["lifecycle"] == "uninitialized") for one in services)
    assert any(one["call_count"] for one in services)
