"""Rounds and slices: coin-flipped places, equal warm-ups, ABBA or BAAB quads that replay one schedule."""

from collections import Counter
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.plan import Precision
from harness.plan.arrivals import draw_turns
from harness.plan.schedule import draw_rounds, williams_square


def draw(*, seed=1, rounds=6, couples=4, variants=("before", "after"), warm_up_s=2.0, precision_s=0):
    return draw_rounds(
        variants,
        rounds=rounds,
        couples=couples,
        slice_s=1.5,
        warm_up_s=warm_up_s,
        seed=seed,
        precision_s=precision_s,
    )


def order_of(round_):
    return "".join(slice_.variant_id[0] for slice_ in round_.slices if not slice_.is_warm_up)


@given(st.integers(min_value=0, max_value=2**32))
def test_each_quad_is_abba_or_baab(seed):
    for round_ in draw(seed=seed):
        order = order_of(round_)

        assert {order[:4], order[4:]} <= {"abba", "baab"}


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=1, max_value=7))
def test_the_slices_of_a_couple_replay_one_schedule_once_on_each_variant(seed, couples):
    for round_ in draw(seed=seed, couples=couples):
        counting = [slice_ for slice_ in round_.slices if not slice_.is_warm_up]
        for couple in range(couples):
            members = [slice_ for slice_ in counting if slice_.couple == couple]

            assert {slice_.variant_id for slice_ in members} == {"before", "after"}
            assert len({slice_.schedule_seed for slice_ in members}) == 1


def test_the_warm_up_is_first_equal_for_all_and_marked():
    for round_ in draw():
        warm_ups = round_.slices[:2]

        assert [slice_.variant_id for slice_ in warm_ups] == list(round_.places)
        assert all(slice_.is_warm_up and slice_.duration_s == 2.0 for slice_ in warm_ups)
        assert len({slice_.schedule_seed for slice_ in warm_ups}) == 1


def test_no_warm_up_is_possible():
    assert not any(slice_.is_warm_up for round_ in draw(warm_up_s=0) for slice_ in round_.slices)


def test_places_and_orders_are_fair_coins():
    rounds = draw(rounds=1000)
    places = Counter(round_.places[0] for round_ in rounds)
    orders = Counter(order_of(round_)[:4] for round_ in rounds)

    assert 420 <= places["before"] <= 580
    assert 420 <= orders["abba"] <= 580


def test_a_round_does_not_depend_on_how_many_follow():
    assert draw(rounds=3) == draw(rounds=6)[:3]


def test_slices_are_numbered_in_the_order_in_which_they_run():
    for round_ in draw():
        assert [slice_.index for slice_ in round_.slices] == list(range(len(round_.slices)))


@pytest.mark.parametrize("count", [3, 4, 5, 8])
def test_in_a_williams_square_each_follows_each_other_equally_often_and_stands_at_each_place(count):
    rows = williams_square(count)
    follows = Counter(pair for row in rows for pair in pairwise(row))
    places = Counter(place for row in rows for place in enumerate(row))

    assert len(rows) == (2 * count if count % 2 else count)
    assert set(follows) == set(permutations(range(count), 2))
    assert len(set(follows.values())) == 1
    assert len(places) == count**2
    assert len(set(places.values())) == 1


def test_more_than_two_variants_take_turns_by_a_williams_square():
    round_ = draw(variants=tuple("abcd"), couples=4, rounds=1)[0]
    order = order_of(round_)
    follows = [pair for start in range(0, 16, 4) for pair in pairwise(order[start : start + 4])]

    assert sorted(follows) == sorted(permutations("abcd", 2))


def test_with_more_couples_than_rows_a_new_square_is_drawn():
    round_ = draw(variants=tuple("abc"), couples=12, rounds=1)[0]
    order = order_of(round_)
    follows = Counter(pair for start in range(0, 36, 3) for pair in pairwise(order[start : start + 3]))

    assert set(follows.values()) == {4}


def test_the_precision_part_comes_between_warm_up_and_load_and_changes_neither():
    with_it, without = draw(precision_s=10)[0], draw()[0]
    parts = [
        "warm-up" if one.is_warm_up else "alone" if one.is_precision else "load" for one in with_it.slices
    ]
    alone = [one for one in with_it.slices if one.is_precision]

    assert parts == ["warm-up"] * 2 + ["alone"] * 2 + ["load"] * 8
    assert [one.variant_id for one in alone] == list(with_it.places)
    assert [(one.couple, one.duration_s) for one in alone] == [(4, 5.0)] * 2
    assert len({one.schedule_seed for one in alone}) == 1
    load = [(one.variant_id, one.couple, one.schedule_seed) for one in with_it.slices if not one.is_precision]
    assert load == [(one.variant_id, one.couple, one.schedule_seed) for one in without.slices]


def test_turns_give_each_arrival_to_every_variant_in_an_order_by_coin():
    arrivals, orders = draw_turns(Precision(seconds=1, arrivals=1000), ("before", "after"), seed=7)

    assert len({arrival.seed for arrival in arrivals}) == 1000
    assert {arrival.offset_ns for arrival in arrivals} == {0}
    assert all(sorted(order) == ["after", "before"] for order in orders)
    assert 420 <= sum(order[0] == "before" for order in orders) <= 580
    assert draw_turns(Precision(seconds=1, arrivals=1000), ("before", "after"), seed=7) == (arrivals, orders)
