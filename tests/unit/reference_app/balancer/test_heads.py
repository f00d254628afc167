"""What passes through the balancer is read in one way alone; everything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.balancer.heads import HeadError, parse_answer, parse_request

PEER = b"192.0.2.7"


def request(*lines: bytes, first: bytes = b"GET /a?b=c HTTP/1.1") -> bytes:
    return b"\r\n".join([first, *lines, b"", b""])


def answer(*lines: bytes, first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join([first, *lines, b"", b""])


def test_a_plain_head_is_passed_on_with_the_address_that_it_came_from() -> None:
    head = parse_request(request(b"Host: x", b"Accept: */*"), PEER)

    assert (head.method, head.target, head.content_length, head.is_last) == (b"GET", b"/a?b=c", 0, False)
    assert head.forwarded == request(
        b"Host: x", b"Accept: */*", b"Via: 1.1 balancer", b"X-Forwarded-For: 192.0.2.7"
    )


def test_what_a_client_says_of_addresses_comes_in_front_of_what_we_saw() -> None:
    head = parse_request(request(b"Host: x", b"X-Forwarded-For: 1.1.1.1", b"x-forwarded-for: 2.2.2.2"), PEER)

    assert head.forwarded.endswith(b"X-Forwarded-For: 1.1.1.1, 2.2.2.2, 192.0.2.7\r\n\r\n")
    assert head.forwarded.lower().count(b"x-forwarded-for") == 1


def test_what_is_of_one_hop_stays_here() -> None:
    lines = (b"Host: x", b"Connection: close, X-Hop, Content-Length", b"X-Hop: 1", b"Keep-Alive: timeout=5")
    head = parse_request(request(*lines, b"Content-Length: 3", b"TE: trailers", b"Upgrade: h2c"), PEER)

    assert head.is_last
    assert head.content_length == 3
    assert head.forwarded == request(
        b"Host: x", b"Content-Length: 3", b"Via: 1.1 balancer", b"X-Forwarded-For: 192.0.2.7"
    )


@pytest.mark.parametrize(
    ("lines", "may"),
    [
        ((b"GET", b"Host: x"), True),
        ((b"DELETE", b"Host: x"), True),
        ((b"PUT", b"Host: x"), True),
        ((b"POST", b"Host: x"), False),
        ((b"PATCH", b"Host: x"), False),
        ((b"POST", b"Host: x", b"Idempotency-Key: 7"), True),
    ],
)
def test_what_does_no_harm_twice_may_be_repeated(lines: tuple[bytes, ...], may: bool) -> None:
    method, *others = lines

    assert parse_request(request(*others, first=method + b" / HTTP/1.1"), PEER).may_be_repeated is may


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request(b"Host: x", b"Content-Length: 3", b"Transfer-Encoding: chunked"), 400),
        (request(b"Host: x", b"Content-Length: 3", b"Content-Length: 3"), 400),
        (request(b"Host: x", b"Content-Length: 3, 3"), 400),
        (request(b"Host: x", b"Content-Length: +3"), 400),
        (request(b"Host: x", b"Content-Length: 0x3"), 400),
        (request(b"Host: x", b"Content-Length:"), 400),
        (request(b"Host: x", b"Content-Length : 3"), 400),
        (request(b"Host: x", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 501),
        (request(b"Host: x", b"Transfer-Encoding: gzip, chunked"), 501),
        (request(b"Host: x", b"Transfer-Encoding: xchunked"), 501),
        (request(b"Host: x", b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.0"), 400),
        (request(b"Accept: */*"), 400),
        (request(b"Host: x", b"Host: y"), 400),
        (request(b"Host: x", b" folded"), 400),
        (request(b"Host: x", b"A: b\nContent-Length: 3"), 400),
        (request(b"Host: x", b"A: b\rContent-Length: 3"), 400),
        (request(b"Host: x", b"A: \0"), 400),
        (request(b"Host: x", b"no colon"), 400),
        (request(b"Host: x", b": no name"), 400),
        (request(b"Host: x", first=b"GET  / HTTP/1.1"), 400),
        (request(b"Host: x", first=b"GET / HTTP/2.0"), 400),
        (request(b"Host: x", first=b"GET /a b HTTP/1.1"), 400),
        (request(b"Host: x", first=b"GET /\x7f HTTP/1.1"), 400),
        (request(b"Host: x", first=b"\x16\x03\x01"), 400),
        (request(b"Host: x", first=b"CONNECT x:1 HTTP/1.1"), 501),
        (request(b"Host: x", b"Expect: miracles"), 417),
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(HeadError) as refused:
        parse_request(head, PEER)

    assert refused.value.status == status


@given(
    name=st.sampled_from([b"Content-Length", b"transfer-encoding", b"Host", b"X"]),
    value=st.binary(max_size=12),
    gap=st.sampled_from([b":", b": ", b" :", b":\t"]),
)
def test_no_line_hides_another(name: bytes, value: bytes, gap: bytes) -> None:
    """Whatever a value holds, what is passed on has as many lines as came, and ours."""
    head = request(b"Host: x", name + gap + value)
    try:
        forwarded = parse_request(head, PEER).forwarded
    except HeadError:
        return

    assert forwarded.count(b"\n") == forwarded.count(b"\r") == 3 + 3


@pytest.mark.parametrize(
    "head",
    [
        answer(b"Content-Length: 3", b"Content-Length: 4"),
        answer(b"Content-Length: 3", b"Transfer-Encoding: chunked"),
        answer(b"Content-Length: many"),
        answer(b"A: b\nB: c"),
        answer(first=b"HTTP/1.1 20 OK"),
        answer(first=b"ICY 200 OK"),
    ],
)
def test_an_answer_that_can_be_read_in_two_ways_is_refused(head: bytes) -> None:
    with pytest.raises(HeadError) as refused:
        parse_answer(head)

    assert refused.value.status == 502


def test_an_answer_is_passed_on_without_what_is_of_one_hop() -> None:
    head = parse_answer(
        answer(b"Connection: close", b"Keep-Alive: timeout=5", b"Content-Length: 3", b"ETag: x")
    )

    assert head.forwarded == answer(b"Content-Length: 3", b"ETag: x")[:-2]
    assert (head.status, head.content_length, head.keeps_alive) == (200, 3, False)


def test_an_instance_that_is_busy_says_when_it_has_time() -> None:
    busy = parse_answer(answer(b"Retry-After: 1", first=b"HTTP/1.1 503 Service Unavailable"))
    broken = parse_answer(answer(first=b"HTTP/1.1 503 Service Unavailable"))

    assert (busy.is_busy, broken.is_busy) == (True, False)
