"""What the running application tells about its own make-up."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from reference_app.domain.people import require_owner
from reference_app.middleware.caller import require_caller
from reference_app.monitoring.durations import Durations
from reference_app.monitoring.exposition import CONTENT_TYPE, Exposition
from reference_app.monitoring.layer_times import LayerTime
from reference_app.monitoring.request_records import EndpointRecord, RequestRecords
from reference_app.monitoring.service_watch import ServiceWatch
from reference_app.monitoring.snapshots import Scalability, snapshots
from reference_app.services.registry import ServiceRegistry
from reference_app.web.bodies import json_response
from reference_app.web.version_one import DEPRECATED_SINCE, SUNSET_AT, VersionOne


class Monitoring:
    """Counts and own times, read from the objects that serve the requests."""

    def __init__(
        self,
        records: RequestRecords,
        layer_times: Sequence[LayerTime],
        registry: ServiceRegistry,
        version_one: VersionOne,
        scalability: Scalability,
        watch: ServiceWatch,
    ) -> None:
        self._records = records
        self._layer_times = layer_times
        self._registry = registry
        self._watch = watch
        self._version_one = version_one
        self._scalability = scalability
        self._exposition = Exposition(records, layer_times, registry, scalability)

    async def performance(self, _: web.Request) -> web.Response:
        """Tell response times, statements and errors since the start, and what keeps the backend standing."""
        records = self._records
        statuses = sum((record.statuses for record in records.endpoints), Counter[int]())
        count = statuses.total()
        statement_count = sum(record.statement_count for record in records.endpoints)
        error_count = sum(record.error_count for record in records.endpoints)
        return json_response(
            {
                "uptime_s": round(records.uptime_s, 3),
                "request_count": count,
                "response_ms": _percentiles_ms(records.response),
                "endpoints": [_endpoint(record) for record in records.endpoints],
                "queries": {
                    "statement_count": statement_count,
                    "statements_per_request": _per(statement_count, count),
                    "database_ms": _percentiles_ms(records.database),
                },
                "errors": {
                    "error_count": error_count,
                    "error_share": _per(error_count, count),
                    "by_status": {str(code): statuses[code] for code in sorted(statuses) if code >= 400},
                },
                "scalability": snapshots(self._scalability),
            }
        )

    async def metrics(self, _: web.Request) -> web.Response:
        """Write all that is counted for Prometheus."""
        return web.Response(
            body=self._exposition.text(),
            headers={"Content-Type": f"{CONTENT_TYPE}; version=0.0.4; charset=utf-8"},
        )

    async def middleware(self, _: web.Request) -> web.Response:
        """List the middleware layers, outermost first, with their own time since the start."""
        layers = [
            {
                "name": layer.name,
                "calls": layer.own.count,
                "self_ms": {"sum": round(layer.own.sum_s * 1e3, 3), **_percentiles_ms(layer.own)},
            }
            for layer in self._layer_times
        ]
        return json_response({"layers": layers})

    async def services(self, _: web.Request) -> web.Response:
        """Count the services that live now, by family, and tell how each of them does."""
        states = await self._watch.look()
        return json_response(
            {
                "total_services": len(states),
                "families": dict(Counter(state.family for state in states)),
                "start_ms": round(self._registry.start_s * 1e3, 3),
                "services": [
                    {
                        "name": state.name,
                        "family": state.family,
                        "lifecycle": state.lifecycle,
                        "is_healthy": state.is_healthy,
                        "started_at": None if state.started_at is None else state.started_at.isoformat(),
                        "call_count": state.call_count,
                        "error_count": state.error_count,
                        "busy_ms": round(state.busy_s * 1e3, 3),
                    }
                    for state in states
                ],
            }
        )

    async def v1_usage(self, request: web.Request) -> web.Response:
        """List who called which route of version one since the start of this process, most calls first."""
        require_owner(require_caller(request))
        usage = self._version_one.usage()
        other_call_count = self._version_one.other_call_count
        return json_response(
            {
                "is_counted": self._version_one.is_counted,
                "deprecated_since": DEPRECATED_SINCE.isoformat(),
                "sunset_at": SUNSET_AT.isoformat(),
                "call_count": sum(entry.call_count for entry in usage) + other_call_count,
                "other_call_count": other_call_count,
                "calls": [
                    {
                        "account_id": entry.account_id,
                        "address": entry.address,
                        "user_agent": entry.user_agent,
                        "route": entry.route,
                        "call_count": entry.call_count,
                        "last_called_at": entry.last_called_at.isoformat(),
                    }
                    for entry in usage
                ],
            }
        )


def _endpoint(record: EndpointRecord) -> dict[str, Any]:
    count = record.response.count
    return {
        "method": record.method,
        "path": record.path,
        "request_count": count,
        "error_count": record.error_count,
        "kept_count": record.kept_count,
        "response_ms": _percentiles_ms(record.response),
        "statements_per_request": _per(record.statement_count, count),
        "database_ms_per_request": _per(record.database_s * 1e3, count),
    }


def _per(total: float, count: int) -> float:
    return round(total / count, 4) if count else 0.0


def _percentiles_ms(durations: Durations) -> dict[str, float | None]:
    found_s = durations.percentiles_s((0.5, 0.95, 0.99))
    return {
        name: None if found is None else round(found * 1e3, 4)
        for name, found in zip(("p50", "p95", "p99"), found_s, strict=True)
    }
