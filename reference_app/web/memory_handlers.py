"""What the process holds in memory, for whoever operates it."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from reference_app.domain.people import require_owner
from reference_app.memory.allocation_trace import AllocationTrace
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.memory.garbage_collection import (
    CollectionReport,
    CollectionStretch,
    GarbageCollection,
    GenerationPauses,
)
from reference_app.memory.leak_detector import Severity, Trend
from reference_app.memory.monitoring_service import MemoryMonitoring, clean_up
from reference_app.memory.process_reading import MemoryReading
from reference_app.memory.trend import Slope
from reference_app.middleware.caller import require_caller
from reference_app.web import parsing
from reference_app.web.bodies import json_response
from reference_app.web.route import Route
from reference_app.web.schema import COUNT, NUMBER, TEXT, array, fields, nullable, one_of, record, whole

LONGEST_TRACE_S = 60
_SLOPE = record(value=NUMBER, low=NUMBER, high=NUMBER)
_READING = record(
    live_bytes=nullable(COUNT),
    uss_bytes=COUNT,
    rss_bytes=COUNT,
    block_count=COUNT,
    fd_count=COUNT,
    thread_count=COUNT,
)
_GENERATION = record(
    count=COUNT, total_ms=NUMBER, p50_ms=nullable(NUMBER), p99_ms=nullable(NUMBER), longest_ms=NUMBER
)
_COLLECTIONS = record(
    thresholds=array(COUNT),
    generations=array(_GENERATION),
    frozen_count=COUNT,
    before=nullable(record(thresholds=array(COUNT), generations=array(_GENERATION))),
)
_MEMORY = record(
    current=_READING,
    level=one_of("normal", "alert", "critical"),
    trend=nullable(record(mb_per_hour=_SLOPE, bytes_per_request=nullable(_SLOPE), sample_count=COUNT)),
    leak=record(severity=nullable(one_of(*(one.name.lower() for one in Severity)))),
    collections=_COLLECTIONS,
    caches=array(record(name=TEXT, held_bytes=COUNT, most_bytes=COUNT)),
    pools=array(record(name=TEXT, opened_count=COUNT)),
)
_GROWTH = record(
    lines=array(record(place=TEXT, kept_bytes=COUNT, kept_count={"type": "integer"})),
    containers=array(record(name=TEXT, added_count=COUNT, length=COUNT)),
)
_TRACE = record(is_on={"type": "boolean"}, growth=nullable(_GROWTH))


class MemoryHandlers:
    """Endpoints of memory.

    Args:
        monitoring: who looks after it.
        collection: how garbage is collected.
        caches: what has a bound.
        pools: names each pool of the application and how many connections it opened since the start.
    """

    def __init__(
        self,
        monitoring: MemoryMonitoring,
        collection: GarbageCollection,
        caches: BoundedCaches,
        pools: Callable[[], dict[str, int]],
    ) -> None:
        self._monitoring = monitoring
        self._collection = collection
        self._caches = caches
        self._pools = pools
        self._trace = AllocationTrace()

    async def close(self) -> None:
        """End what is still under way."""
        await self._trace.close()

    def routes(self) -> list[Route]:
        """List the endpoints."""
        path = "/api/v2/monitoring/memory"
        return [
            Route(
                method="GET",
                path=path,
                handler=self.memory,
                summary="Memory, its trend, leaks, collections, caches and pools",
                answer=_MEMORY,
            ),
            Route(
                method="POST",
                path=f"{path}/cleanup",
                handler=self.clean_up,
                summary="Collect garbage and give unused memory back",
                access="owner",
                answer=record(collected_count=COUNT, freed_bytes=COUNT, current=_READING),
            ),
            Route(
                method="POST",
                path=f"{path}/trace",
                handler=self.begin_trace,
                summary="Trace allocations for a time, during which the server is several times slower",
                access="owner",
                body=fields({"seconds": whole(1, LONGEST_TRACE_S)}),
                status=202,
                answer=_TRACE,
            ),
            Route(
                method="GET",
                path=f"{path}/trace",
                handler=self.trace,
                summary="The lines and containers that grew while allocations were traced last",
                access="owner",
                answer=_TRACE,
            ),
        ]

    async def memory(self, _: web.Request) -> web.Response:
        """Tell what is known now."""
        state = await self._monitoring.state()
        severity = state.severity
        return json_response(
            {
                "current": _reading_body(state.reading),
                "level": state.level,
                "trend": _trend_body(state.trend) if state.trend else None,
                "leak": {"severity": None if severity is None else severity.name.lower()},
                "collections": _collections_body(self._collection.report()),
                "caches": [asdict(one) for one in self._caches.sizes()],
                "pools": [{"name": name, "opened_count": count} for name, count in self._pools().items()],
            }
        )

    async def clean_up(self, request: web.Request) -> web.Response:
        """Give back what can be given back."""
        require_owner(require_caller(request))
        done = await clean_up()
        return json_response(
            {
                "collected_count": done.collected_count,
                "freed_bytes": done.freed_bytes,
                "current": _reading_body(done.reading),
            }
        )

    async def begin_trace(self, request: web.Request) -> web.Response:
        """Begin to trace; a trace that is on goes on."""
        require_owner(require_caller(request))
        body = await parsing.read_json(request)
        self._trace.begin(parsing.body_count(body, "seconds", 1, LONGEST_TRACE_S))
        return json_response(self._trace_body(), status=202)

    async def trace(self, request: web.Request) -> web.Response:
        """Tell what the last trace found."""
        require_owner(require_caller(request))
        return json_response(self._trace_body())

    def _trace_body(self) -> dict[str, Any]:
        growth = self._trace.growth
        return {"is_on": self._trace.is_on, "growth": asdict(growth) if growth else None}


def _reading_body(reading: MemoryReading) -> dict[str, Any]:
    return {
        "live_bytes": reading.live_bytes,
        "uss_bytes": reading.uss_bytes,
        "rss_bytes": reading.rss_bytes,
        "block_count": reading.block_count,
        "fd_count": reading.fd_count,
        "thread_count": reading.thread_count,
    }


def _trend_body(trend: Trend) -> dict[str, Any]:
    by_request = trend.bytes_per_request
    return {
        "mb_per_hour": _slope_body(trend.mb_per_hour),
        "bytes_per_request": _slope_body(by_request) if by_request else None,
        "sample_count": trend.sample_count,
    }


def _slope_body(slope: Slope) -> dict[str, float]:
    return {name: round(value, 2) for name, value in asdict(slope).items()}


def _collections_body(report: CollectionReport) -> dict[str, Any]:
    return {
        **_stretch_body(report.now),
        "frozen_count": report.frozen_count,
        "before": None if report.before is None else _stretch_body(report.before),
    }


def _stretch_body(stretch: CollectionStretch) -> dict[str, Any]:
    return {
        "thresholds": list(stretch.thresholds),
        "generations": [_pauses_body(one) for one in stretch.generations],
    }


def _pauses_body(pauses: GenerationPauses) -> dict[str, Any]:
    p50_s, p99_s = pauses.durations.percentiles_s((0.5, 0.99))
    return {
        "count": pauses.durations.count,
        "total_ms": round(pauses.durations.sum_s * 1e3, 3),
        "p50_ms": None if p50_s is None else round(p50_s * 1e3, 4),
        "p99_ms": None if p99_s is None else round(p99_s * 1e3, 4),
        "longest_ms": round(pauses.longest_s * 1e3, 4),
    }
