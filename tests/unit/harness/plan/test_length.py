"""Rounds and couples that fit into the time that there is."""

import pytest

from harness.errors import UsageError
from harness.model.variant import Variant
from harness.plan.length import LOOKS, couples_within, rounds_for

SERVED = (Variant(id="before", title="", command=("x",)), Variant(id="after", title="", command=("x",)))
RUNNING = (Variant(id="before", title="", url="http://a"), Variant(id="after", title="", url="http://b"))


def couples(minutes, *, variants=SERVED, rounds=6, precision_s=0.0):
    return couples_within(
        minutes, rounds=rounds, variants=variants, slice_s=2, warm_up_s=2, precision_s=precision_s
    )


def test_twice_the_time_holds_more_than_twice_the_couples():
    # a round of 30 s: 2.5 generator, 4 servers, 2 x 2.4 warm-up leave 18.7 s for couples of 4.8 s
    assert couples(3) == 3
    assert couples(6) == 10


def test_a_precision_part_takes_its_time_from_the_load_and_running_servers_need_no_start():
    assert couples(6, precision_s=20) == 5
    assert couples(3, variants=RUNNING) == 4


def test_too_short_a_time_says_how_long_it_must_be():
    with pytest.raises(UsageError, match=r"1 minutes are too short: 6 rounds of this experiment need 1\.7"):
        couples(1)
    assert couples(1.7) == 1


def test_long_runs_have_more_rounds_and_looks_are_few():
    assert [rounds_for(minutes) for minutes in (3, 14.9, 15, 60)] == [6, 6, 12, 12]
    assert LOOKS == (8, 12, 18, 24)
