"""`msgspec_json`: other code reads and writes the same texts, and refuses the same."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.domain.answers import Barber, BarberSlots, DaySlots
from reference_app.domain.scheduling import ServiceTerms
from reference_app.variants import build
from reference_app.web.bodies import slots_body
from reference_app.web.json_codec import MsgspecJson, StdlibJson

STDLIB, MSGSPEC = StdlibJson(), MsgspecJson()
WHOLE = st.integers(-(2**63), 2**64 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.dictionaries(
    TEXT,
    st.recursive(
        st.none() | st.booleans() | WHOLE | TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
        max_leaves=10,
    ),
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "UTC")
"""London is at an offset of zero in winter, two are not at whole hours."""
ODD = (
    *(b"", b" ", b"{", b"[1,]", b"{} x", b"nul", b"01", b"-", b"NaN", b"Infinity", b"-0", b"-0.0", b"1E5"),
    *(b"1e999", b"1e-400", b"1.0", b"9007199254740993.0", b"18446744073709551616", b"9" * 400),
    *(b'"\\ud800"', b'"\\ud83d\\ude00"', b'"\xed\xa0\x80"', b'"\xff"', b'"\x00"', b'"a\nb"', b'"\x7f"'),
    *(b'"\\x"', b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", '{"a":"ü"}'.encode("utf-16"), b"1\x00", b"\x0b1"),
)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def test_the_variants_use_the_one_or_the_other() -> None:
    assert isinstance(build("after", removed=["msgspec_json"]).components.json(), StdlibJson)
    assert isinstance(build("after").components.json(), MsgspecJson)


@given(DOCUMENTS)
def test_both_write_the_same_bytes_and_read_them_back(document: dict[str, Any]) -> None:
    written = MSGSPEC.encode(document)

    assert written == STDLIB.encode(document)
    assert MSGSPEC.decode(written) == STDLIB.decode(written) == document


@given(MOMENTS, st.sampled_from(ZONES))
def test_both_write_a_local_moment_as_the_standard_library_spells_it(moment: datetime, zone: str) -> None:
    day = DaySlots(
        location_id=1,
        timezone=zone,
        day=moment.date(),
        service=ServiceTerms(id=1, name="cut", duration_minutes=30, buffer_minutes=0, price_cents=1),
        barbers=[BarberSlots(barber=Barber(id=1, full_name="Bo"), starts=[moment])],
    )

    written = MSGSPEC.encode(slots_body(day))

    assert written == STDLIB.encode(slots_body(day))
    assert moment.astimezone(ZoneInfo(zone)).isoformat().encode() in written


@pytest.mark.parametrize("number", [0.001, 0.5, 12.345, 99.999, 1234567.125, 1e15 / 3])
def test_both_write_the_numbers_of_monitoring_alike(number: float) -> None:
    document = {"self_ms": round(number, 3)}

    assert MSGSPEC.encode(document) == STDLIB.encode(document)


@pytest.mark.parametrize("text", ODD, ids=repr)
def test_both_take_and_refuse_the_same(text: bytes) -> None:
    assert _read(MSGSPEC, text) == _read(STDLIB, text)


@given(st.binary(max_size=20) | st.text('{}[]",:0123456789.eE+-\\untrufalsd \ud800').map(_raw))
def test_both_take_and_refuse_whatever_comes(text: bytes) -> None:
    assert _read(MSGSPEC, text) == _read(STDLIB, text)


def _read(codec: Any, text: bytes) -> Any:
    """Answer what is read, with its types: 1 and 1.0 are equal and not the same; or that it is refused."""
    try:
        return repr(codec.decode(text))
    except ValueError:
        return "refused"
