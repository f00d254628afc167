"""Sample: one request, one row. The names and types here are those of the sample files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request. Times are nanoseconds of the generator's monotonic clock."""

    scheduled_ns: int
    """When it should have been sent: its arrival, or the end of the step before plus the think time."""
    sent_ns: int
    first_byte_ns: int | None
    """When the headers of its last answer were in; None where none came or the client does not tell."""
    finished_ns: int
    arrival: int
    """Which arrival of the slice's schedule it belongs to, from 0."""
    step: int
    """Which request of that arrival it is, from 0."""
    journey: str
    """Name of the Locust task that sent it."""
    endpoint: str
    """`GET /slots`: method and Locust's request name, which never holds ids."""
    method: str
    status: int
    """HTTP status, 0 where no answer came."""
    error: str
    """Class of the failure, empty for a good request. A failed request is in no latency distribution."""
    response_bytes: int
    server_db_ms: float | None
    """`db;dur=` of Server-Timing; None where the server does not send it. The same for all below."""
    server_middleware_ms: float | None
    """`mw;dur=`."""
    server_app_ms: float | None
    """`app;dur=`: everything that the server did for this request."""
    server_query_count: int | None
    """`n=` in the description of `db`."""
    server_external_ms: float | None = None
    """`ext;dur=`: waiting for other services."""
    server_external_count: int | None = None
    """`n=` in the description of `ext`."""
    server_external_services: str = ""
    """The names behind it, with a space between them; empty where there are none."""
