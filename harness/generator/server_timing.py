"""Read the Server-Timing header that a backend may send (https://www.w3.org/TR/server-timing/)."""

import re
from typing import NamedTuple

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_METRIC = re.compile(rf"({_WORD})((?:\s*;\s*{_WORD}\s*=\s*(?:{_WORD}|{_QUOTED}))*)\s*(?:,|$)")
_DURATION = re.compile(r";\s*dur\s*=\s*\"?(\d+(?:\.\d+)?)(?=[\s;\"]|$)", re.IGNORECASE)
_COUNT = re.compile(r";\s*desc\s*=\s*\"?\s*n=(\d{1,9})(?=[\s;\"]|$)", re.IGNORECASE)


class ServerTiming(NamedTuple):
    """What the server says about one request; None where it says nothing usable."""

    db_ms: float | None = None
    middleware_ms: float | None = None
    app_ms: float | None = None
    query_count: int | None = None


NOTHING = ServerTiming()

_NUMBER = r"(\d+(?:\.\d+)?)"
_USUAL = re.compile(rf'app;dur={_NUMBER}, mw;dur={_NUMBER}, db;dur={_NUMBER};desc="n=(\d{{1,9}})"')
"""What docs/formats.md shows: read in a tenth of the time that any other header takes."""


def parse_server_timing(header: str | None) -> ServerTiming:
    """Return the parts `app`, `mw` and `db` of a header; what is malformed counts as not sent.

    Of a name that comes twice the first counts, as in browsers.
    """
    if not header:
        return NOTHING
    if usual := _USUAL.fullmatch(header):
        return ServerTiming(float(usual[3]), float(usual[2]), float(usual[1]), int(usual[4]))
    durations: dict[str, float] = {}
    query_count = None
    for name, parameters in _METRIC.findall(header):
        if name in durations:
            continue
        if duration := _DURATION.search(parameters):
            durations[name] = float(duration[1])
        if name == "db" and query_count is None and (count := _COUNT.search(parameters)):
            query_count = int(count[1])
    return ServerTiming(durations.get("db"), durations.get("mw"), durations.get("app"), query_count)
