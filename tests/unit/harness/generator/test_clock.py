from random import Random

import pytest

from harness.generator.clock import DRIFT, ClockAlignment

SECOND = 1_000_000_000


def exchange(alignment, *, at_ns, offset_ns, there_ns, back_ns, worked_ns=50_000):
    """Note an exchange as the truth makes it: a worker's clock is the master's plus `offset_ns`."""
    received_ns = at_ns + there_ns + offset_ns
    heard_ns = at_ns + there_ns + worked_ns + back_ns
    alignment.note(
        asked_ns=at_ns,
        received_ns=received_ns,
        answered_ns=received_ns + worked_ns,
        heard_ns=heard_ns,
    )
    return heard_ns


@pytest.mark.parametrize("offset_ns", [0, 7 * SECOND, -(10**16)])
def test_the_truth_lies_within_the_error_however_uneven_the_ways_are(offset_ns):
    rng = Random(1)
    alignment = ClockAlignment()
    now_ns = 5 * SECOND
    for _ in range(200):
        there_ns, back_ns = round(rng.expovariate(1e-6)), round(rng.expovariate(1e-5))
        now_ns = exchange(alignment, at_ns=now_ns, offset_ns=offset_ns, there_ns=there_ns, back_ns=back_ns)
        best = alignment.best(now_ns)
        assert abs(best.offset_ns - offset_ns) <= best.error_ns


def test_the_exchange_with_the_shortest_way_counts():
    alignment = ClockAlignment()
    exchange(alignment, at_ns=0, offset_ns=1000, there_ns=9_000_000, back_ns=1_000_000)
    heard_ns = exchange(alignment, at_ns=SECOND, offset_ns=1000, there_ns=20_000, back_ns=20_000)
    exchange(alignment, at_ns=heard_ns, offset_ns=1000, there_ns=1_000_000, back_ns=9_000_000)
    best = alignment.best(heard_ns)
    assert (best.offset_ns, best.error_ns) == (1000, 20_000)


def test_an_old_exchange_is_worth_less():
    alignment = ClockAlignment()
    heard_ns = exchange(alignment, at_ns=0, offset_ns=0, there_ns=10_000, back_ns=10_000)
    fresh, old = alignment.best(heard_ns), alignment.best(heard_ns + 60 * SECOND)
    assert old.error_ns - fresh.error_ns == 60 * SECOND * DRIFT


def test_an_offset_in_use_is_as_wrong_as_its_distance_from_the_best_and_the_error_of_that():
    alignment = ClockAlignment()
    heard_ns = exchange(alignment, at_ns=0, offset_ns=500_000, there_ns=10_000, back_ns=10_000)
    assert alignment.error_of(200_000, heard_ns) == 310_000


def test_without_an_exchange_there_is_no_best():
    with pytest.raises(ValueError, match="empty"):
        ClockAlignment().best(0)
