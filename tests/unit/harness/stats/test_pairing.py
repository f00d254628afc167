"""Are the requests of two slices the same, arrival by arrival?"""

import numpy as np

from harness.stats.columns import Columns, Names
from harness.stats.pairing import add_pairings, pair_arrivals


def slice_of(*arrivals, failed=()):
    """Make a slice of (arrival, journey, endpoints) entries; `failed` are (arrival, step) pairs."""
    rows = [
        (arrival, step, journey, endpoint)
        for arrival, journey, endpoints in arrivals
        for step, endpoint in enumerate(endpoints)
    ]
    journeys = tuple(dict.fromkeys(row[2] for row in rows))
    endpoints = tuple(dict.fromkeys(row[3] for row in rows))
    zeros = np.zeros(len(rows), dtype=np.int64)
    nothing = np.full(len(rows), np.nan)
    return Columns(
        scheduled_ns=zeros,
        sent_ns=zeros,
        finished_ns=zeros,
        arrival=np.asarray([row[0] for row in rows], dtype=np.int32),
        step=np.asarray([row[1] for row in rows], dtype=np.int32),
        journey=Names(
            codes=np.asarray([journeys.index(row[2]) for row in rows], dtype=np.int32), words=journeys
        ),
        endpoint=Names(
            codes=np.asarray([endpoints.index(row[3]) for row in rows], dtype=np.int32), words=endpoints
        ),
        error=Names(codes=np.zeros(len(rows), dtype=np.int32), words=("",)),
        is_failed=np.asarray([(row[0], row[1]) in failed for row in rows], dtype=np.bool_),
        status=np.zeros(len(rows), dtype=np.int16),
        server_db_ms=nothing,
        server_middleware_ms=nothing,
        server_query_count=nothing,
        server_external_ms=nothing,
        server_external_count=nothing,
        external_services=Names(codes=np.zeros(len(rows), dtype=np.int32), words=("",)),
    )


def counts(found):
    return (found.arrival_count, found.same_journey_count, found.good_count, found.same_requests_count)


def test_equal_slices_are_alike_whatever_the_order_of_their_rows_and_words():
    first = slice_of((0, "book", "abc"), (1, "search", "a"), (2, "book", "abc"))
    second = slice_of((2, "book", "abc"), (1, "search", "a"), (0, "book", "abc"))

    assert counts(pair_arrivals(first, second)) == (3, 3, 3, 3)


def test_another_journey_another_order_and_a_missing_step_are_seen():
    first = slice_of((0, "book", "ab"), (1, "book", "ab"), (2, "book", "ab"), (3, "book", "ab"))
    second = slice_of((0, "search", "ab"), (1, "book", "ba"), (2, "book", "a"), (3, "book", "ab"))

    assert counts(pair_arrivals(first, second)) == (4, 3, 4, 2)


def test_an_arrival_with_a_failure_need_not_go_on_alike():
    first = slice_of((0, "book", "ab"), (1, "book", "ab"))
    second = slice_of((0, "book", "a"), (1, "book", "ab"), failed=[(0, 0)])

    found = pair_arrivals(first, second)

    assert counts(found) == (2, 2, 1, 1)
    assert found.first_mix == found.second_mix == {"a": 1, "b": 1}


def test_an_arrival_that_one_side_dropped_is_not_compared():
    first = slice_of((0, "book", "a"), (1, "book", "a"))

    assert counts(pair_arrivals(first, slice_of((1, "book", "a")))) == (1, 1, 1, 1)


def test_empty_slices_have_nothing_in_common():
    nothing = pair_arrivals(slice_of(), slice_of())

    assert counts(nothing) == (0, 0, 0, 0)
    assert nothing.mix_shift == 0
    assert counts(pair_arrivals(slice_of((0, "book", "a")), slice_of())) == (0, 0, 0, 0)


def test_the_shift_of_the_mix_is_that_of_the_endpoint_whose_share_differs_most():
    first = slice_of((0, "j", "aaab"), (1, "j", "abcc"))
    second = slice_of((0, "j", "aabb"), (1, "j", "abdd"))

    found = pair_arrivals(first, second)

    assert found.first_mix == {"a": 4, "b": 2, "c": 2}
    assert found.second_mix == {"a": 3, "b": 3, "d": 2}
    assert found.mix_shift == 0.25


def test_pairings_add_up():
    one = pair_arrivals(slice_of((0, "j", "ab"), (1, "j", "a")), slice_of((0, "j", "aa"), (1, "k", "a")))
    other = pair_arrivals(slice_of((0, "j", "b")), slice_of((0, "j", "b")))

    found = add_pairings([one, other])

    assert counts(found) == (3, 2, 3, 2)
    assert found.first_mix == {"a": 2, "b": 2}
    assert found.second_mix == {"a": 3, "b": 1}
    assert counts(add_pairings([])) == (0, 0, 0, 0)
