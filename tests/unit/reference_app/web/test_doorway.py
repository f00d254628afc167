"""What the door reads of a request before anything else does: all of it, or nothing."""

import pytest

from reference_app.scalability.compartments import ANALYTICS, BOOKINGS, OTHERS, READS
from reference_app.web.doorway import DEFAULT_TIMEOUT_S, PlainRequest, read_plain

HOST = b"Host: x\r\n"


def request(line: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    return line + b" HTTP/1.1\r\n" + HOST + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (request(b"GET /api/v2/locations?a=b"), READS),
        (request(b"GET /kiosk/v1/analytics/revenue?days=30"), ANALYTICS),
        (request(b"POST /api/v2/appointments", b"Content-Length: 2", body=b"{}"), BOOKINGS),
        (request(b"POST /api/v2/payments", b"content-length:0"), OTHERS),
        (request(b"POST /api/v2/appointments/17/calendar"), OTHERS),
        (request(b"GET /api/v2/locations", b"Connection: keep-alive"), READS),
        (request(b"GET /health/ready"), None),
        (request(b"GET /metrics"), None),
    ],
)
def test_a_whole_plain_request_is_read_at_a_glance(data: bytes, kind: object) -> None:
    assert read_plain(data) == PlainRequest(kind, DEFAULT_TIMEOUT_S)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        request(b"GET /api/v2/locations")[:-1],
        request(b"GET /api/v2/locations") * 2,
        request(b"POST /api/v2/appointments", b"Content-Length: 3", body=b"{}"),
        request(b"POST /api/v2/appointments", b"Content-Length: 1", body=b"{}"),
        request(b"POST /api/v2/appointments", body=b"{}"),
        request(b"POST /a", b"Content-Length: 2", b"content-length: 2", body=b"{}"),
        request(b"POST /a", b"Content-Length: +2", body=b"{}"),
        request(b"POST /a", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        request(b"POST /a", b"Expect: 100-continue", b"Content-Length: 2"),
        request(b"GET /a", b"Connection: close"),
        request(b"GET /a", b"Upgrade: h2c"),
        request(b"GET /a", b"A: b\nContent-Length: 9"),
        request(b"HEAD /a"),
        request(b"GET /api/v2/analytic%73/revenue"),
        request(b"GET http://x/a"),
        b"GET /a HTTP/1.0\r\n\r\n",
        b"nonsense",
        b"",
    ],
)
def test_what_is_not_plain_beyond_doubt_is_left_to_others(data: bytes) -> None:
    assert read_plain(data) is None


@pytest.mark.parametrize(
    ("told", "timeout_s"),
    [
        (b"250", 0.25),
        (b"0", 0.0),
        *((nonsense, DEFAULT_TIMEOUT_S) for nonsense in (b"", b"soon", b"-1", b"9" * 30, b"\xb2")),
    ],
)
def test_a_caller_tells_how_long_it_will_wait(told: bytes, timeout_s: float) -> None:
    found = read_plain(request(b"GET /a", b"x-request-timeout-ms: " + told))

    assert found == PlainRequest(READS, timeout_s)
