"""Heads of HTTP/1.1 requests and answers: checked as a whole, passed on without what is of one hop alone.

RFC 9112 leaves a reader some freedom, and two readers that use it differently can be made to see different
requests (request smuggling). What is not plain is refused here, so that the instance behind reads the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_HEAD_BYTES = 32 * 1024
END = b"\r\n\r\n"
IDEMPOTENT = frozenset({b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"})
"""Sending one of these twice does what sending it once does (RFC 9110, 9.2.2)."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LINES = rb"((?:" + _TOKEN + rb":[\t -~\x80-\xff]*+\r\n)*+)\r\n"
_REQUEST = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/1\.([01])\r\n" + _LINES)
_ANSWER = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [\t -~\x80-\xff]*+)?\r\n" + _LINES)
_ONE_HOP = rb"connection|keep-alive|proxy-connection|te|upgrade"
_FIELDS = re.compile(
    rb"^(host|content-length|transfer-encoding|expect|idempotency-key|x-forwarded-for|"
    + _ONE_HOP
    + rb"):([^\r]*)\r$",
    re.IGNORECASE | re.MULTILINE,
)
_ANSWER_FIELDS = re.compile(
    rb"^(content-length|transfer-encoding|retry-after|" + _ONE_HOP + rb"):([^\r]*)\r$",
    re.IGNORECASE | re.MULTILINE,
)
_ONE_HOP_LINES = re.compile(
    rb"^(?:" + _ONE_HOP + rb"|x-forwarded-for):[^\r]*\r\n", re.IGNORECASE | re.MULTILINE
)
_ONE_HOP_NAMES = frozenset({*_ONE_HOP.split(b"|"), b"x-forwarded-for"})
_KEPT_THOUGH_NAMED = frozenset({b"host", b"content-length", b"transfer-encoding"})
"""`Connection: content-length` must not take away what tells where the message ends."""
_DIGITS = re.compile(rb"[0-9]{1,18}")


class HeadError(Exception):
    """A head that cannot be passed on, with the status that its sender gets."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """What the way of a request depends on."""

    method: bytes
    target: bytes
    content_length: int
    is_chunked: bool
    is_http_10: bool
    is_last: bool
    """Its sender wants no further answer on this connection."""
    may_be_repeated: bool
    """Sending it twice does no harm."""
    forwarded: bytes
    """The head as the instance gets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHead:
    """What the way of an answer depends on."""

    status: int
    content_length: int | None
    """None: the body ends with the connection, unless it is chunked."""
    is_chunked: bool
    keeps_alive: bool
    """The instance takes another request on this connection."""
    is_busy: bool
    """503 with Retry-After: overload that the instance knows of."""
    forwarded: bytes
    """The head as the client gets it, without the empty line at its end."""


def parse_request(head: bytes, peer: bytes) -> RequestHead:
    """Read a head up to and with its empty line; `peer` is the address that it came from.

    Raises:
        HeadError: It is malformed or ambiguous (400), or asks for what we cannot do (417, 501).
    """
    found = _REQUEST.fullmatch(head)
    if found is None:
        raise _malformed("The head of the request is malformed.")
    method, target, minor, lines = found.groups()
    fields = _fields(_FIELDS, lines)
    is_http_10 = minor == b"0"
    if len(fields.get(b"host", ())) != 1 and not (is_http_10 and b"host" not in fields):
        raise _malformed("A request needs one Host.")
    if method == b"CONNECT":
        raise HeadError(501, "not_implemented", "There is no CONNECT here.")
    content_length, is_chunked = _framing(fields)
    if is_chunked and is_http_10:
        raise _malformed("HTTP/1.0 knows no Transfer-Encoding.")
    if any(value.lower() != b"100-continue" for value in fields.get(b"expect", ())):
        raise HeadError(417, "expectation_failed", "The only expectation is 100-continue.")
    options = _connection_options(fields)
    passed = head if _ONE_HOP_NAMES.isdisjoint(fields) else _without_one_hop(head, options)
    return RequestHead(
        method=method,
        target=target,
        content_length=content_length or 0,
        is_chunked=is_chunked,
        is_http_10=is_http_10,
        is_last=is_http_10 or b"close" in options,
        may_be_repeated=method in IDEMPOTENT or b"idempotency-key" in fields,
        forwarded=passed[:-2] + _from(peer, fields.get(b"x-forwarded-for", ())),
    )


def parse_answer(head: bytes) -> AnswerHead:
    """Read the head of an instance's answer.

    Raises:
        HeadError: It is malformed or ambiguous (502).
    """
    found = _ANSWER.fullmatch(head)
    if found is None:
        raise HeadError(502, "bad_gateway", "The answer's head is malformed.")
    minor, status, lines = found.groups()
    fields = _fields(_ANSWER_FIELDS, lines)
    try:
        content_length, is_chunked = _framing(fields)
    except HeadError as error:
        raise HeadError(502, "bad_gateway", "The answer's length is ambiguous.") from error
    options = _connection_options(fields)
    return AnswerHead(
        status=int(status),
        content_length=content_length,
        is_chunked=is_chunked,
        keeps_alive=minor == b"1" and b"close" not in options,
        is_busy=status == b"503" and b"retry-after" in fields,
        forwarded=(head if _ONE_HOP_NAMES.isdisjoint(fields) else _without_one_hop(head, options))[:-2],
    )


def _fields(pattern: "re.Pattern[bytes]", lines: bytes) -> dict[bytes, list[bytes]]:
    fields: dict[bytes, list[bytes]] = {}
    for name, value in pattern.findall(lines):
        fields.setdefault(name.lower(), []).append(value.strip(b" \t"))
    return fields


def _framing(fields: dict[bytes, list[bytes]]) -> tuple[int | None, bool]:
    """Give length and whether it is chunked; a body whose end can be read in two ways is refused."""
    lengths, codings = fields.get(b"content-length", ()), fields.get(b"transfer-encoding", ())
    if lengths and codings:
        raise _malformed("Content-Length and Transfer-Encoding contradict each other.")
    if codings:
        if [coding.lower() for coding in codings] != [b"chunked"]:
            raise HeadError(501, "not_implemented", "The only transfer coding is chunked.")
        return None, True
    if not lengths:
        return None, False
    if len(lengths) > 1 or not _DIGITS.fullmatch(lengths[0]):
        raise _malformed("Content-Length must be one number.")
    return int(lengths[0]), False


def _connection_options(fields: dict[bytes, list[bytes]]) -> Sequence[bytes]:
    values = fields.get(b"connection")
    if not values:
        return ()
    return [option.strip(b" \t").lower() for option in b",".join(values).split(b",")]


def _without_one_hop(head: bytes, options: Sequence[bytes]) -> bytes:
    """Take out what is meant for us alone, and what the client says about where it came from."""
    head = _ONE_HOP_LINES.sub(b"", head)
    for option in options:
        if option not in {b"", b"close", b"keep-alive"} | _KEPT_THOUGH_NAMED:
            head = re.sub(rb"(?im)^" + re.escape(option) + rb":[^\r]*\r\n", b"", head)
    return head


def _from(peer: bytes, before: Sequence[bytes]) -> bytes:
    return b"Via: 1.1 balancer\r\nX-Forwarded-For: " + b", ".join([*before, peer]) + END


def _malformed(message: str) -> HeadError:
    return HeadError(400, "malformed_request", message)
