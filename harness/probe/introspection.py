"""What a backend tells of its own make-up: the server over HTTP, its database from the catalogues.

Nothing here fails a run: what cannot be counted is told with its reason, and no KPI on it can pass.
"""

import asyncio
import http.client
import json
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from harness.model.count import MOST_NAMES, Count
from harness.model.variant import CountQuestion

ANSWER_TIMEOUT_S = 10.0
LARGEST_ANSWER_BYTES = 8 << 20
CONNECT_TIMEOUT_S = 10.0
LEAVE_TIMEOUT_S = 3.0
"""A server that has stopped leaves database sessions that hand in their statistics as they end."""
_POLL_INTERVAL_S = 0.02


def ask_server(base_url: str, questions: Iterable[CountQuestion]) -> dict[str, Count]:
    """Ask a running server for its counts, by metric: a number is taken as it is, a list is counted."""
    return {question.metric: _ask(base_url, question) for question in questions}


def read_layers(base_url: str, question: CountQuestion) -> dict[str, Any]:
    """Ask a running server for the own times of its middleware layers, the outermost first.

    The list that is counted as `middleware_layers` may tell more of each: `name`, `calls`, and in `self_ms`
    the `sum` of its own times and percentiles, all since the server's start.

    Returns:
        `layers` as the server told them, with `reason`: empty, or why there are none.
    """
    try:
        found = _at(_get(base_url, question.path), question.field)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return {"layers": [], "reason": f"GET {question.path} does not tell: {error or type(error).__name__}"}
    if not (isinstance(found, list) and all(_is_timed_layer(layer) for layer in found)):
        return {"layers": [], "reason": f"{question.field} in GET {question.path} tells no times of layers"}
    return {"layers": found[:MOST_NAMES], "reason": ""}


def _is_timed_layer(layer: Any) -> bool:
    if not (isinstance(layer, dict) and isinstance(layer.get("name"), str) and _is_count(layer.get("calls"))):
        return False
    own = layer.get("self_ms")
    return isinstance(own, dict) and all(
        value is None or isinstance(value, float) or _is_count(value) for value in own.values()
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def count_indexes(database_url: str) -> dict[str, Count]:
    """Count the indexes of a database, and those that nothing has read since it was made.

    An index that enforces something (a primary key, a unique or an exclusion constraint) is of use unread.
    """
    try:
        rows = asyncio.run(_indexes(database_url))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        unknown = Count(count=None, reason=f"the database does not tell: {type(error).__name__}")
        return {"index_count": unknown, "unused_indexes": unknown}
    unused = [row["name"] for row in rows if not row["scans"] and not row["enforces"]]
    return {
        "index_count": Count(count=len(rows)),
        "unused_indexes": Count(count=len(unused), names=tuple(unused[:MOST_NAMES])),
    }


def _ask(base_url: str, question: CountQuestion) -> Count:
    try:
        found = _at(_get(base_url, question.path), question.field)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Count(count=None, reason=f"GET {question.path} does not tell: {error or type(error).__name__}")
    if isinstance(found, list):
        return Count(count=len(found))
    if _is_count(found):
        return Count(count=found)
    return Count(count=None, reason=f"{question.field} in GET {question.path} is neither a number nor a list")


def _get(base_url: str, path: str) -> Any:
    parts = urlsplit(base_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("GET", parts.path.rstrip("/") + path)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise ValueError(f"it answered {answer.status}")
        return json.loads(answer.read(LARGEST_ANSWER_BYTES))
    finally:
        connection.close()


def _at(content: Any, field: str) -> Any:
    """Find `a.b` in nested objects."""
    for name in field.split("."):
        if not isinstance(content, dict) or name not in content:
            raise ValueError(f"it has no {field}")
        content = content[name]
    return content


async def _indexes(database_url: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S)
    try:
        deadline_s = time.monotonic() + LEAVE_TIMEOUT_S
        # The database server announces nobody's leaving, so there is no event to wait for.
        while await connection.fetchval(_OTHER_SESSIONS) and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_INTERVAL_S)
        return [dict(row) for row in await connection.fetch(_INDEXES)]
    finally:
        await connection.close()


_OTHER_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

_INDEXES = """
SELECT schemaname || '.' || indexrelname AS name, idx_scan AS scans,
       indisunique OR indisexclusion AS enforces
FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)
ORDER BY name
"""
