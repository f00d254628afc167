"""Where a body ends, however its bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.balancer.framing import ChunkedBody, EndlessBody, FramingError, SizedBody, body_of

NEXT = b"GET / HTTP/1.1\r\n"


def chunked(parts: list[bytes], trailer: bytes = b"") -> bytes:
    chunks = [f"{len(part):x};a=b\r\n".encode() + part + b"\r\n" for part in parts if part]
    return b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"


@given(
    parts=st.lists(st.binary(max_size=300), max_size=5),
    trailer=st.sampled_from([b"", b"A: b\r\n", b"A: b\r\nC: d\r\n"]),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=200),
)
def test_a_body_in_chunks_ends_at_its_last_byte_however_it_is_cut(
    parts: list[bytes], trailer: bytes, cuts: list[int]
) -> None:
    sent = chunked(parts, trailer)
    stream, body, taken, number = sent + NEXT, ChunkedBody(), 0, 0
    while not body.is_complete:
        piece = stream[taken : taken + cuts[number % len(cuts)]]
        number += 1
        taken += body.feed(piece)

    assert taken == len(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"x\r\n",
        b"-1\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"3\r\nabc0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"3;\r\rx\r\nabc\r\n0\r\n\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n\n",
        b"1" * 16 + b"\r\n",
        b"1;" + b"x" * 5000,
        b"0\r\n" + b"A: b\r\n" * 5000,
    ],
)
def test_chunks_that_can_be_read_in_two_ways_are_refused(sent: bytes) -> None:
    with pytest.raises(FramingError):
        ChunkedBody().feed(sent)


def test_a_sized_body_takes_its_bytes_and_no_more() -> None:
    body = SizedBody(5)

    assert (body.feed(b"abc"), body.is_complete) == (3, False)
    assert (body.feed(b"defgh"), body.is_complete) == (2, True)
    assert SizedBody(0).is_complete


def test_without_a_length_a_body_ends_with_its_connection() -> None:
    body = body_of(None, is_chunked=False)

    assert isinstance(body, EndlessBody)
    assert (body.feed(b"abc"), body.is_complete) == (3, False)
