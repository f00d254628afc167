"""Pairs of requests, couples of slices, calm couples and very slow requests, by hand-computed values."""

import math
from dataclasses import replace

import numpy as np
import pytest

from harness.stats.pairs import (
    SliceQuantiles,
    calm_couples,
    calm_levels,
    pair_requests,
    slice_quantiles,
    slow_share,
    typical_levels,
    typical_ratios,
)
from tests.unit.harness.stats.test_measure import columns

NAMES = {"baseline": "before", "variant": "after", "round_index": 3}


def ratios_of(first, second):
    return {one.endpoint: (one.log_ratio, one.pair_count) for one in pair_requests(first, second, **NAMES)}


def test_the_change_of_a_pair_is_the_median_over_the_same_requests_however_different_they_are():
    before = columns(["GET /a"] * 10 + ["GET /b"] * 11, [10 * (n + 1) for n in range(21)])
    after = columns(["GET /a"] * 10 + ["GET /b"] * 11, [5 * (n + 1) for n in range(20)] + [9000])
    found = ratios_of(before, after)

    assert found == {
        "*": (pytest.approx(-math.log(2)), 21),
        "GET /a": (pytest.approx(-math.log(2)), 10),
        "GET /b": (pytest.approx(-math.log(2)), 11),
    }


def test_a_pair_with_a_failure_or_another_endpoint_is_no_pair():
    before = columns(["GET /a"] * 12, range(1, 13), failed=[0])
    after = columns(["GET /a"] * 11 + ["GET /b"], range(1, 13), failed=[1])

    assert ratios_of(before, after)["*"] == (None, 9), "p50 needs ten pairs"


def test_requests_are_matched_by_arrival_and_step_in_whatever_order_they_were_stored():
    before = columns(["GET /a"] * 20, range(1, 21))
    after = columns(["GET /a"] * 20, [2 * n for n in range(20, 0, -1)])
    backwards = replace(after, arrival=after.arrival[::-1].copy())

    assert ratios_of(before, backwards)["*"] == (pytest.approx(math.log(2)), 20)


def slices(*levels, count=40):
    return {
        couple: SliceQuantiles(
            values_ms={"p50_typical": level, "p95_typical": 2 * level}, request_count=count
        )
        for couple, level in enumerate(levels)
    }


def test_typical_is_the_median_over_couples_and_forgets_one_bad_minute():
    first, second = slices(100, 900, 100), slices(110, 110, 110)
    found = {one.stat: one for one in typical_ratios(first, second, **NAMES)}
    levels = {one.stat: one.value for one in typical_levels(list(first.values()), variant="b", round_index=1)}

    assert found["p50_typical"].log_ratio == pytest.approx(math.log(1.1))
    assert found["p95_typical"].pair_count == 3
    assert levels == {"p50_typical": 100, "p95_typical": 200}


def test_typical_needs_two_couples_and_as_many_requests_as_any_percentile():
    (only,) = (one for one in typical_ratios(slices(1), slices(1), **NAMES) if one.stat == "p50_typical")
    few = typical_levels(list(slices(1, 2, count=45).values()), variant="b", round_index=1)

    assert (only.log_ratio, only.pair_count) == (None, 1)
    assert [(one.stat, one.value) for one in few] == [("p50_typical", 1.5), ("p95_typical", None)]


def test_a_slice_of_few_requests_has_no_p95():
    found = slice_quantiles(columns(["GET /a"] * 19, range(1, 20)))

    assert dict(found.values_ms) == {"p50_typical": 10}
    assert found.request_count == 19


def test_calm_couples_are_those_near_the_quietest_quarter_and_never_none():
    assert calm_couples({0: 0.10, 1: 0.11, 2: 0.12, 3: 0.50, 4: 0.13}) == {0, 1, 2, 4}
    assert calm_couples({0: 0.0, 1: 0.0, 2: 0.3, 3: 0.4}) == {0, 1}
    assert calm_couples({7: 0.9}) == {7}
    assert calm_couples({}) == frozenset()


def test_calm_levels_are_quantiles_over_the_calm_slices_together():
    parts = [columns(["GET /a"] * 50, range(1, 51)), columns(["GET /a"] * 50, range(51, 101))]
    found = {
        one.stat: (one.value, one.sample_count) for one in calm_levels(parts, variant="b", round_index=1)
    }

    assert found == {"p50_calm": (50, 100), "p95_calm": (95, 100)}
    assert [one.value for one in calm_levels([], variant="b", round_index=1)] == [None, None]


def test_the_slow_share_counts_what_lies_above_the_limit():
    found = slow_share(np.array([1.0, 2, 3, 4]), limit_ms=3.0, variant="after", round_index=2)

    assert (found.value, found.sample_count, found.endpoint) == (25, 4, "*")
    assert slow_share(np.array([1.0]), limit_ms=None, variant="after", round_index=2).value is None
