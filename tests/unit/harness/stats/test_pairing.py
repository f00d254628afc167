"""Are the requests of two slices the same, arrival by arrival?"""

import numpy as np

from harness.stats.columns import Columns, Names
from harness.stats.pairing import Pairing, add_pairings, pair_arrivals


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
        is_failed=np.asarray([(row[0], row[1]) in failed for row in rows], dtype=np.bool_),
        status=np.zeros(len(rows), dtype=np.int16),
        server_db_ms=nothing,
        server_middleware_ms=nothing,
        server_query_count=nothing,
    )


def pairing(*counts):
    return Pairing(
        arrival_count=counts[0],
        same_journey_count=counts[1],
        good_count=counts[2],
        same_requests_count=counts[3],
    )


def test_equal_slices_are_alike_whatever_the_order_of_their_rows_and_words():
    first = slice_of((0, "book", "abc"), (1, "search", "a"), (2, "book", "abc"))
    second = slice_of((2, "book", "abc"), (1, "search", "a"), (0, "book", "abc"))

    assert pair_arrivals(first, second) == pairing(3, 3, 3, 3)


def test_another_journey_another_order_and_a_missing_step_are_seen():
    first = slice_of((0, "book", "ab"), (1, "book", "ab"), (2, "book", "ab"), (3, "book", "ab"))
    second = slice_of((0, "search", "ab"), (1, "book", "ba"), (2, "book", "a"), (3, "book", "ab"))

    assert pair_arrivals(first, second) == pairing(4, 3, 4, 2)


def test_an_arrival_with_a_failure_need_not_go_on_alike():
    first = slice_of((0, "book", "ab"), (1, "book", "ab"))
    second = slice_of((0, "book", "a"), (1, "book", "ab"), failed=[(0, 0)])

    assert pair_arrivals(first, second) == pairing(2, 2, 1, 1)


def test_an_arrival_that_one_side_dropped_is_not_compared():
    assert pair_arrivals(slice_of((0, "book", "a"), (1, "book", "a")), slice_of((1, "book", "a"))) == pairing(
        1, 1, 1, 1
    )


def test_empty_slices_have_nothing_in_common():
    assert pair_arrivals(slice_of(), slice_of()) == pairing(0, 0, 0, 0)
    assert pair_arrivals(slice_of((0, "book", "a")), slice_of()) == pairing(0, 0, 0, 0)


def test_pairings_add_up():
    assert add_pairings([pairing(4, 3, 2, 1), pairing(1, 1, 1, 1)]) == pairing(5, 4, 3, 2)
    assert add_pairings([]) == pairing(0, 0, 0, 0)
