from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from reference_app.domain.errors import InvalidError
from reference_app.web import parsing

TODAY = date(2026, 3, 16)


def test_a_moment_is_read_in_any_offset_and_answered_in_utc() -> None:
    body = {"starts_at": "2026-03-17T09:00:00+01:00"}

    assert parsing.body_instant(body, "starts_at", TODAY) == datetime(2026, 3, 17, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-03-17T09:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00"]
)
def test_a_moment_without_offset_or_out_of_reach_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parsing.body_instant({"starts_at": text}, "starts_at", TODAY)


@pytest.mark.parametrize("value", [True, "1", 1.0, -1, None, []])
def test_an_id_is_a_whole_number_and_nothing_else(value: Any) -> None:
    with pytest.raises(InvalidError):
        parsing.body_id({"barber_id": value}, "barber_id")


def test_an_id_that_no_database_can_hold_becomes_one_that_does_not_exist() -> None:
    assert parsing.body_id({"barber_id": 10**30}, "barber_id") == parsing.MAX_ID
    request = make_mocked_request("GET", "/?barber_id=9999999999999999999")
    assert parsing.query_id(request, "barber_id") == parsing.MAX_ID


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "too long"])
def test_a_text_that_cannot_be_stored_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parsing.body_text({"notes": text}, "notes", 5)


def test_a_count_has_a_default_and_bounds() -> None:
    assert parsing.query_count(make_mocked_request("GET", "/"), "days", default=30, maximum=366) == 30
    for text in ("0", "367", "-1", "x", "٣"):
        with pytest.raises(InvalidError):
            parsing.query_count(make_mocked_request("GET", f"/?days={text}"), "days", default=30, maximum=366)
