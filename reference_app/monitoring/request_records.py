"""What became of the requests: how many there were, how long they took and what they asked of the database.

The same in every variant and apart from its layers, as all that measures. A request costs a look-up by its
route and a few sums; memory is bounded by the declared routes, since unknown paths share one record.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable

from aiohttp import web

from reference_app.middleware.needs import DeclaredRoutes
from reference_app.monitoring.durations import Durations
from reference_app.monitoring.request_timings import RequestTimings

UNKNOWN = "unknown"


class EndpointRecord:
    """The answers of one endpoint under all its addresses, refusals included."""

    __slots__ = ("database_s", "kept_count", "method", "path", "response", "statement_count", "statuses")

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = path
        self.response = Durations()
        self.statuses: Counter[int] = Counter()
        self.database_s = 0.0
        self.statement_count = 0
        self.kept_count = 0
        """Answers that were given out once more without a query."""

    @property
    def error_count(self) -> int:
        """Count what went wrong on our side: 500 and above."""
        return sum(count for status, count in self.statuses.items() if status >= 500)


class RequestRecords:
    """One record for each declared endpoint, and one of what all waited for the database."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started_s = clock()
        self._declared = DeclaredRoutes(())
        self._records: dict[tuple[str, str], EndpointRecord] = {}
        self._unknown = EndpointRecord(UNKNOWN, UNKNOWN)
        self._of_route: dict[web.AbstractRoute, EndpointRecord] = {}
        """By what aiohttp resolves an address to: each endpoint has several."""
        self.response = Durations()
        self.database = Durations()
        """What each request waited for the database in all; of those alone that asked it."""

    def declare(self, routes: DeclaredRoutes) -> None:
        """Make a record for each endpoint, those included that show the records."""
        self._declared = routes
        self._records = {
            (route.method, route.path): EndpointRecord(route.method, route.path) for route in routes
        }

    @property
    def uptime_s(self) -> float:
        """Tell how long the application has been there."""
        return self._clock() - self._started_s

    @property
    def endpoints(self) -> Iterable[EndpointRecord]:
        """List the endpoints that were asked."""
        records = (*self._records.values(), self._unknown)
        return [record for record in records if record.response.count]

    def note(self, request: web.Request, status: int, timings: RequestTimings) -> EndpointRecord:
        """Count an answer, and tell whose it was."""
        duration_s = self._clock() - timings.started_s
        record = self._of_route.get(request.match_info.route) or self._find(request)
        record.response.note(duration_s)
        record.statuses[status] += 1
        self.response.note(duration_s)
        if timings.statement_count:
            record.statement_count += timings.statement_count
            record.database_s += timings.database_s
            self.database.note(timings.database_s)
        if timings.cache == "hit":
            record.kept_count += 1
        return record

    def _find(self, request: web.Request) -> EndpointRecord:
        declared = self._declared.of(request)
        if declared is None:
            return self._unknown
        record = self._records[declared.method, declared.path]
        self._of_route[request.match_info.route] = record
        return record
