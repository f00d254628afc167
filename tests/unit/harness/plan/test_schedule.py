"""Rounds and slices: coin-flipped places, equal warm-ups, ABBA or BAAB quads that replay one schedule."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from harness.plan.schedule import draw_rounds


def draw(*, seed=1, rounds=6, couples=4, variants=("before", "after"), warm_up_s=2.0):
    return draw_rounds(variants, rounds=rounds, couples=couples, slice_s=1.5, warm_up_s=warm_up_s, seed=seed)


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


def test_more_than_two_variants_alternate_forwards_and_backwards():
    round_ = draw(variants=("a", "b", "c"), couples=2, rounds=1)[0]
    order = order_of(round_)

    assert order[:3] == order[3:][::-1]
    assert set(order[:3]) == set("abc")
