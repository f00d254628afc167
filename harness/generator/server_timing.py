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
    external_ms: float | None = None
    external_count: int | None = None
    external_services: str = ""
    """Names with a space between them; empty where it names none."""


_SERVICES = re.compile(r";\s*desc\s*=\s*\"\s*n=\d{1,9}((?: [A-Za-z0-9_.-]{1,40}){1,8})\s*\"", re.IGNORECASE)

NOTHING = ServerTiming()

_NUMBER = r"(\d+(?:\.\d+)?)"
_USUAL = re.compile(
    rf'app;dur={_NUMBER}, mw;dur={_NUMBER}, db;dur={_NUMBER};desc="n=(\d{{1,9}})"'
    rf'(?:, ext;dur={_NUMBER};desc="n=(\d{{1,9}})")?'
)
"""What docs/formats.md shows: read in a tenth of the time that any other header takes."""


def parse_server_timing(header: str | None) -> ServerTiming:
    """Return the parts `app`, `mw`, `db` and `ext` of a header; what is malformed counts as not sent.

    Of a name that comes twice the first counts, as in browsers.
    """
    if not header:
        return NOTHING
    if usual := _USUAL.fullmatch(header):
        db = ServerTiming(float(usual[3]), float(usual[2]), float(usual[1]), int(usual[4]))
        return db._replace(external_ms=float(usual[5]), external_count=int(usual[6])) if usual[5] else db
    durations: dict[str, float] = {}
    counts: dict[str, int] = {}
    services = ""
    for name, parameters in _METRIC.findall(header):
        if name in durations:
            continue
        if duration := _DURATION.search(parameters):
            durations[name] = float(duration[1])
        if name not in counts and (count := _COUNT.search(parameters)):
            counts[name] = int(count[1])
        if name == "ext" and not services and (named := _SERVICES.search(parameters)):
            services = named[1].strip()
    return ServerTiming(
        durations.get("db"),
        durations.get("mw"),
        durations.get("app"),
        counts.get("db"),
        durations.get("ext"),
        counts.get("ext"),
        services,
    )
