"""A comparison is fitted to the minutes that there are."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.model.plan import Workers
from harness.plan.comparison import plan_comparison


def plan(*, minutes, rate, **how):
    return plan_comparison(
        before_url="http://127.0.0.1:1/",
        after_url="http://127.0.0.1:2",
        locustfile=Path("load.py"),
        rate=rate,
        minutes=minutes,
        kpi_file=Path("kpis.yaml"),
        seed=1,
        **how,
    )


def precision_s(found):
    """Return the seconds of one round's precision part, of both sides together."""
    return sum(piece.duration_s for piece in found.rounds[0].slices if piece.is_precision)


def couples(found):
    return len({piece.couple for piece in found.rounds[0].slices} - {-1}) - bool(found.precision)


@pytest.mark.parametrize(("minutes", "rate"), [(1.6, 100), (3, 20), (5, 40), (10, 5), (30, 20)])
def test_the_slices_fill_most_of_the_time_and_never_more(minutes, rate):
    load_s = sum(
        slice_.duration_s for round_ in plan(minutes=minutes, rate=rate).rounds for slice_ in round_.slices
    )

    assert 0.35 * minutes * 60 < load_s < minutes * 60


def test_slices_hold_forty_arrivals_or_two_seconds():
    slow = plan(minutes=10, rate=4).rounds[0].slices[-1]
    fast = plan(minutes=10, rate=400).rounds[0].slices[-1]

    assert (slow.duration_s, fast.duration_s) == (10, 2)


def test_a_long_comparison_has_more_rounds():
    assert len(plan(minutes=5, rate=50).rounds) == 6
    assert len(plan(minutes=30, rate=50).rounds) == 12


@pytest.mark.parametrize("rate", [0.3, 1, 7, 100])
def test_too_short_a_time_says_how_long_it_must_be(rate):
    with pytest.raises(UsageError, match="minutes are too short") as caught:
        plan(minutes=0.5, rate=rate)
    enough = float(caught.value.message.split("need ")[1].split(" ")[0])

    assert plan(minutes=enough, rate=rate).rounds


@pytest.mark.parametrize(("minutes", "round_s"), [(5, 50), (30, 150)])
def test_a_quarter_of_each_round_goes_to_one_request_at_a_time(minutes, round_s):
    found = plan(minutes=minutes, rate=50)

    assert found.precision is not None
    assert precision_s(found) == found.precision.seconds == round_s / 4


def test_the_precision_part_is_as_long_as_asked_and_load_fills_the_rest():
    short, none = plan(minutes=5, rate=50, precision_s=5), plan(minutes=5, rate=50, precision_s=0)

    assert (precision_s(short), precision_s(none)) == (5, 0)
    assert none.precision is None
    assert couples(none) > couples(short) > couples(plan(minutes=5, rate=50))


def test_workers_share_the_load_and_no_single_requests():
    shared = plan(minutes=5, rate=50, workers=Workers(count=2))

    assert shared.precision is None
    with pytest.raises(UsageError, match="cannot be shared by workers"):
        plan(minutes=5, rate=50, workers=Workers(count=2), precision_s=5)
