"""Read and check what a request holds; whatever a caller sends ends in a value or a `RequestError`."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiohttp import web

from reference_app.domain.errors import InvalidError, MalformedError
from reference_app.web.json_codec import JSON

MAX_ID = 2**63 - 1
"""PostgreSQL's largest bigint. A larger id cannot exist; this one does not either and stands for it."""
DATE_REACH = timedelta(days=2 * 366)
"""How far from today a date may lie: well past all data, well within what dates and time zones can hold."""
_DIGITS = re.compile(r"[0-9]{1,19}", re.ASCII)


async def read_json(request: web.Request) -> dict[str, Any]:
    """Read the body as a JSON object.

    Raises:
        MalformedError: it is not one.
    """
    try:
        body = request.app[JSON].decode(await request.read())
    except (ValueError, RecursionError):
        raise MalformedError("malformed_json", "The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise MalformedError("malformed_json", "The body must be a JSON object.")
    return body


def body_text(body: dict[str, Any], name: str, max_length: int, default: str | None = None) -> str:
    """Take a text out of a body; required unless there is a default."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise _invalid(name, "must be a text")
    if len(value) > max_length:
        raise _invalid(name, f"must have at most {max_length} characters")
    if "\0" in value or not _is_encodable(value):
        raise _invalid(name, "holds characters that cannot be stored")
    return value


def body_id(body: dict[str, Any], name: str) -> int:
    """Take a required id out of a body."""
    value = optional_body_id(body, name)
    if value is None:
        raise _invalid(name, "is required")
    return value


def optional_body_id(body: dict[str, Any], name: str) -> int | None:
    """Take an id out of a body, if it is there."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _invalid(name, "must be an id, a whole number")
    return min(value, MAX_ID)


def body_count(body: dict[str, Any], name: str, low: int, high: int, default: int | None = None) -> int:
    """Take a whole number from `low` to `high` out of a body; required unless there is a default."""
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _invalid(name, f"must be a whole number from {low} to {high}")
    return value


def body_word(body: dict[str, Any], name: str, words: Sequence[str]) -> str:
    """Take one of a few words out of a body."""
    value = body.get(name)
    if not isinstance(value, str) or value not in words:
        raise _invalid(name, f"must be one of: {', '.join(words)}")
    return value


def body_date(body: dict[str, Any], name: str, today: date) -> date:
    """Take a required date out of a body."""
    return _date(name, body_text(body, name, 40), today)


def body_instant(body: dict[str, Any], name: str, today: date) -> datetime:
    """Take a moment with its offset from UTC out of a body; answer it in UTC."""
    text = body_text(body, name, 40)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(name, "must be a date and time in ISO 8601") from None
    if moment.tzinfo is None:
        raise _invalid(name, "must tell its offset from UTC, as in 2026-03-17T09:00:00+01:00")
    _require_reach(name, moment.date(), today)
    return moment.astimezone(UTC)


def query_id(request: web.Request, name: str) -> int:
    """Take a required id out of the query string."""
    value = optional_query_id(request, name)
    if value is None:
        raise _invalid(name, "is required")
    return value


def optional_query_id(request: web.Request, name: str) -> int | None:
    """Take an id out of the query string, if it is there."""
    text = request.query.get(name)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise _invalid(name, "must be an id, a whole number")
    return min(int(text), MAX_ID)


def optional_query_text(request: web.Request, name: str, max_length: int) -> str | None:
    """Take a text out of the query string, if it is there."""
    value = request.query.get(name)
    return None if value is None else body_text({name: value}, name, max_length)


def query_count(request: web.Request, name: str, default: int, maximum: int) -> int:
    """Take a count from 1 to `maximum` out of the query string."""
    text = request.query.get(name, str(default))
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= maximum:
        raise _invalid(name, f"must be a whole number from 1 to {maximum}")
    return int(text)


def query_date(request: web.Request, name: str, today: date, default: date | None = None) -> date:
    """Take a date out of the query string; required unless there is a default."""
    text = request.query.get(name)
    if text is None:
        if default is None:
            raise _invalid(name, "is required")
        return default
    return _date(name, text, today)


def path_id(request: web.Request) -> int:
    """Take the `{id}` out of the path."""
    return min(int(request.match_info["id"]), MAX_ID)


def idempotency_key(request: web.Request) -> str | None:
    """Take the `Idempotency-Key` header, if it is there."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):
        raise _invalid("Idempotency-Key", "must have 1 to 200 printable ASCII characters")
    return key


def user_agent(request: web.Request) -> str:
    """Take the `User-Agent` header, cut to a length and alphabet that can be stored."""
    return request.headers.get("User-Agent", "")[:200].encode("ascii", "replace").decode()


def _date(name: str, text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _invalid(name, "must be a date as in 2026-03-17") from None
    _require_reach(name, day, today)
    return day


def _require_reach(name: str, day: date, today: date) -> None:
    if abs(day - today) > DATE_REACH:
        raise InvalidError("date_out_of_range", f"{name} lies too far from {today}.")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _invalid(name: str, claim: str) -> InvalidError:
    return InvalidError("invalid_value", f"{name} {claim}.")
