"""Layer 1, site reliability: a trace, the machine's state, metric objects and an error-rate sweep."""

import json
import os
import shutil
import time
import uuid
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.domain.errors import RequestError
from reference_app.legacy.leaks import Leaks
from reference_app.legacy.middleware.request_context import CONTEXT, RequestContext
from reference_app.middleware.needs import Need
from reference_app.web.errors import status_of

SWEEP_EVERY = 100
KEPT_VALUES = 100


@dataclass(slots=True)
class Metric:
    """One series: its labels, found again by their JSON spelling, and its newest values."""

    labels: dict[str, str]
    values: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_VALUES))


class SiteReliability:
    """Looks at the machine and notes durations, request by request."""

    name = "sre"
    meets: frozenset[Need] = frozenset()

    def __init__(self, leaks: Leaks) -> None:
        self._leaks = leaks
        self._metrics: dict[str, Metric] = {}
        self._request_count = 0
        self.error_rate = 0.0

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Trace the request and note how it went."""
        context = request[CONTEXT] = RequestContext(trace_id=uuid.uuid4().hex)
        context.notes["machine"] = _machine_state()
        started = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
        except RequestError as refusal:
            status = status_of(refusal)
            raise
        else:
            status = response.status
            return response
        finally:
            self._note(request, status, time.perf_counter() - started)

    def _note(self, request: web.Request, status: int, duration_s: float) -> None:
        for name, value in (
            ("requests", 1.0),
            ("duration_s", duration_s),
            ("is_error", float(status >= 500)),
        ):
            labels = {"name": name, "method": request.method[:20], "status": str(status)}
            key = json.dumps(labels, sort_keys=True)
            metric = self._metrics.setdefault(key, Metric(labels))
            metric.values.append(value)
        self._leaks.metrics.grow(request[CONTEXT].trace_id)
        self._request_count += 1
        if self._request_count % SWEEP_EVERY == 0:
            self._sweep()

    def _sweep(self) -> None:
        """Recompute the error rate from every value of every series."""
        flags = [
            value
            for key, metric in self._metrics.items()
            if json.loads(key)["name"] == "is_error"
            for value in metric.values
        ]
        self.error_rate = sum(flags) / max(1, len(flags))


def _machine_state() -> dict[str, float]:
    """Ask the operating system, while everybody waits."""
    disk = shutil.disk_usage("/")
    return {"disk_free_share": disk.free / disk.total, "load_1m": os.getloadavg()[0]}
