from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_app.domain.errors import ConflictError, InvalidError
from reference_app.domain.scheduling import (
    BookingRules,
    Hours,
    Offer,
    ServiceTerms,
    Span,
    day_span,
    instant,
    offered_starts,
)

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 3, 16)
CUT = ServiceTerms(id=1, name="Haircut", duration_minutes=30, buffer_minutes=5, price_cents=3_200)
RULES = BookingRules(step_minutes=15, max_advance_days=28)
OFFER = Offer(
    location_id=1,
    timezone="Europe/Berlin",
    service=CUT,
    rules=RULES,
    hours=[Hours(time(9), time(10))],
    time_off=[],
    is_blackout=False,
)


def berlin(hour: int, minute: int = 0, day: int = 17) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN)


def test_a_day_is_an_hour_shorter_when_summer_time_begins_and_longer_when_it_ends() -> None:
    def hours(day: date) -> float:
        span = day_span(day, BERLIN)
        return (span.ends_at - span.starts_at) / timedelta(hours=1)

    assert hours(date(2026, 3, 28)) == 24
    assert hours(date(2026, 3, 29)) == 23
    assert hours(date(2026, 10, 25)) == 25


def test_the_same_wall_clock_is_another_instant_after_the_change() -> None:
    assert instant(date(2026, 3, 28), time(9), BERLIN) == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert instant(date(2026, 3, 29), time(9), BERLIN) == datetime(2026, 3, 29, 7, tzinfo=UTC)


def test_touching_spans_do_not_overlap() -> None:
    first, second = Span(berlin(9), berlin(10)), Span(berlin(10), berlin(11))

    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.overlaps(Span(berlin(9, 59), berlin(10, 1)))


def test_the_service_must_end_within_the_hours_and_its_buffer_need_not() -> None:
    opening = Span(berlin(9), berlin(10))

    assert list(offered_starts(opening, CUT, RULES)) == [berlin(9), berlin(9, 15), berlin(9, 30)]
    assert list(offered_starts(Span(berlin(9), berlin(9, 29)), CUT, RULES)) == []


@given(
    minutes=st.integers(min_value=1, max_value=900),
    duration=st.integers(min_value=1, max_value=120),
    step=st.integers(min_value=5, max_value=60),
)
def test_offered_starts_lie_on_the_grid_within_the_hours(minutes: int, duration: int, step: int) -> None:
    opening = Span(berlin(6), berlin(6) + timedelta(minutes=minutes))
    service = replace(CUT, duration_minutes=duration)
    starts = list(offered_starts(opening, service, BookingRules(step_minutes=step, max_advance_days=1)))

    assert len(starts) == max(0, (minutes - duration) // step + 1)
    assert all((start - opening.starts_at) % timedelta(minutes=step) == timedelta() for start in starts)
    assert all(start + service.duration <= opening.ends_at for start in starts)


@pytest.mark.parametrize(
    ("day", "is_allowed"),
    [
        (date(2026, 3, 15), False),
        (date(2026, 3, 16), True),
        (date(2026, 4, 13), True),
        (date(2026, 4, 14), False),
    ],
)
def test_the_booking_window_holds_today_and_its_last_day(day: date, is_allowed: bool) -> None:
    assert RULES.allow_day(day, TODAY) is is_allowed


def test_an_offered_start_is_accepted_whatever_its_offset_from_utc() -> None:
    OFFER.require_offered(berlin(9, 15), TODAY)
    OFFER.require_offered(berlin(9, 15).astimezone(UTC), TODAY)


@pytest.mark.parametrize("start", [berlin(9, 20), berlin(9, 45), berlin(8), berlin(9).replace(second=1)])
def test_a_start_off_the_grid_or_the_hours_is_refused(start: datetime) -> None:
    with pytest.raises(ConflictError):
        OFFER.require_offered(start, TODAY)


def test_a_start_that_time_off_cuts_into_is_refused() -> None:
    offer = replace(OFFER, time_off=[Span(berlin(9, 32), berlin(12))])

    with pytest.raises(ConflictError):
        offer.require_offered(berlin(9), TODAY)


def test_nothing_is_offered_on_a_blackout_day_or_outside_the_window() -> None:
    with pytest.raises(ConflictError):
        replace(OFFER, is_blackout=True).require_offered(berlin(9), TODAY)
    with pytest.raises(InvalidError):
        OFFER.require_offered(berlin(9, day=15), TODAY)
