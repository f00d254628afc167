"""Comparisons by hand-computed values, their symmetries, and the reasons for what cannot be said."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.measurement import Measurement
from harness.stats.compare import compare, pairs_to_compare

BEFORE = [100.0, 110.0, 90.0, 105.0, 95.0, 120.0]
POSITIVE = st.floats(1, 1e4)
ROUND_PAIRS = st.lists(st.tuples(POSITIVE, POSITIVE), min_size=6, max_size=12)


def measured(variant, values, *, metric="response_time", stat="p50", counts=200, endpoint="*"):
    counts = [counts] * len(values) if isinstance(counts, int) else counts
    return [
        Measurement(
            variant_id=variant,
            round_index=index,
            endpoint=endpoint,
            metric=metric,
            stat=stat,
            value=value,
            sample_count=count,
        )
        for index, (value, count) in enumerate(zip(values, counts, strict=True), start=1)
    ]


def comparison(befores, afters, *, confidence=0.95, metric="response_time", stat="p50", **how):
    found = compare(
        measured("before", befores, metric=metric, stat=stat, **how)
        + measured("after", afters, metric=metric, stat=stat, **how),
        before="before",
        after="after",
        confidence=confidence,
    )
    return next(c for c in found if (c.endpoint, c.metric, c.stat) == ("*", metric, stat))


def test_a_build_that_is_twice_as_fast_in_every_round_falls_by_exactly_half():
    found = comparison(BEFORE, [value / 2 for value in BEFORE])

    assert found.change is not None
    assert found.change.value == pytest.approx(-50)
    assert (found.change.low, found.change.high) == (pytest.approx(-50), pytest.approx(-50))
    assert (found.change.unit, found.change.sample_count) == ("%", 2400)
    assert found.reason == ""


def test_six_rounds_give_the_smallest_and_the_largest_ratio():
    found = comparison([100.0] * 6, [50.0, 52.0, 54.0, 56.0, 58.0, 60.0])

    assert found.change is not None
    assert (found.change.low, found.change.high) == (pytest.approx(-50), pytest.approx(-40))
    assert found.after is not None
    assert (found.after.low, found.after.high) == (pytest.approx(50), pytest.approx(60))
    assert found.after.value == pytest.approx(math.sqrt(52 * 58))
    assert (found.after.unit, found.after.sample_count) == ("ms", 1200)


@given(ROUND_PAIRS)
def test_swapped_labels_invert_the_ratio_and_its_interval(pairs):
    befores, afters = map(list, zip(*pairs, strict=True))
    there, back = comparison(befores, afters).change, comparison(afters, befores).change

    assert there is not None
    assert back is not None
    for one, other in ((there.value, back.value), (there.low, back.high), (there.high, back.low)):
        assert (1 + one / 100) * (1 + other / 100) == pytest.approx(1, rel=1e-8)


@given(ROUND_PAIRS, st.floats(0.01, 100))
def test_a_machine_that_is_faster_for_both_changes_no_change(pairs, factor):
    befores, afters = map(list, zip(*pairs, strict=True))
    plain = comparison(befores, afters).change
    scaled = comparison([factor * value for value in befores], [factor * value for value in afters]).change

    assert plain is not None
    assert scaled is not None
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx(
        (plain.value, plain.low, plain.high), rel=1e-6, abs=1e-9
    )


@given(ROUND_PAIRS)
def test_every_value_lies_in_its_interval(pairs):
    befores, afters = map(list, zip(*pairs, strict=True))
    found = comparison(befores, afters)

    for estimate in (found.before, found.after, found.change):
        assert estimate is not None
        assert estimate.low <= estimate.value <= estimate.high


def test_a_round_with_too_few_requests_makes_the_percentile_unresolvable_and_is_not_left_out():
    found = comparison(
        [100.0] * 5 + [None], [50.0] * 5 + [None], stat="p95", counts=[150, 150, 150, 150, 150, 12]
    )

    assert (found.before, found.after, found.change) == (None, None, None)
    assert found.reason == "not resolvable: 12 requests a round, p95 needs 100"


def test_what_one_side_lacks_is_told_of_that_side():
    found = compare(
        measured("before", BEFORE) + measured("after", [None] * 6, counts=4),
        before="before",
        after="after",
        confidence=0.95,
    )[0]

    assert found.before is not None
    assert found.change is None
    assert found.reason == "after not resolvable: 4 requests a round, p50 needs 10"


def test_too_few_rounds_are_told():
    found = comparison(BEFORE[:5], BEFORE[:5])

    assert found.change is None
    assert found.reason == "not resolvable: 5 rounds, a 95 % interval needs 6"


def test_five_rounds_are_enough_for_90_percent():
    assert comparison(BEFORE[:5], BEFORE[:5], confidence=0.9).change is not None


@pytest.mark.parametrize(
    ("metric", "stat", "reason"),
    [
        ("db_time", "p50", "not measured: no good answer carries it in a Server-Timing header"),
        ("memory_uss", "last", "not measured: the server's processes were not observed"),
        ("response_time", "p99", "not measured: no good answer came"),
    ],
)
def test_what_was_never_measured_says_why(metric, stat, reason):
    assert comparison([None] * 6, [None] * 6, metric=metric, stat=stat, counts=0).reason == reason


def test_no_measurements_at_all_give_reasons_and_no_numbers():
    found = compare([], before="before", after="after", confidence=0.95)

    assert found
    assert all(c.change is None and c.reason for c in found)


def test_equal_counts_have_an_interval_of_no_width():
    found = comparison([40.0] * 6, [10.0] * 6, metric="query_count", stat="mean")

    assert found.before is not None
    assert found.change is not None
    assert (found.before.low, found.before.high) == (pytest.approx(40), pytest.approx(40))
    assert (found.change.value, found.change.low, found.change.high) == (-75, -75, -75)


def test_counts_that_are_zero_before_and_after_did_not_change():
    found = comparison([0.0] * 6, [0.0] * 6, metric="query_count", stat="mean")

    assert found.change is not None
    assert (found.change.value, found.change.low, found.change.high) == (0, 0, 0)


def test_a_fall_to_zero_is_a_fall_by_all_of_it():
    found = comparison([4.0] * 6, [0.0] * 5 + [1.0], metric="query_count", stat="mean")

    assert found.change is not None
    assert (found.change.low, found.change.value) == (-100, -100)
    assert found.change.high == -75


def test_a_rise_from_zero_has_no_percentage():
    found = comparison([0.0] * 5 + [1.0], [2.0] * 6, metric="query_count", stat="mean")

    assert found.after is not None
    assert found.change is None
    assert found.reason == "not resolvable: before is 0 in 5 of 6 rounds"


def test_a_thousand_requests_without_a_failure_prove_no_less_than_0_37_percent():
    found = comparison([0.0] * 5, [0.0] * 5, confidence=0.9, metric="error_share", stat="share")
    wide = comparison([0.0] * 6, [0.0] * 6, metric="error_share", stat="share", counts=167)

    assert found.after is not None
    assert wide.after is not None
    assert (wide.after.value, wide.after.low) == (0, 0)
    assert wide.after.high == pytest.approx(0.367, abs=0.002)
    assert wide.change is None
    assert wide.reason == "not resolvable: 0 failures in a round, a change in percent needs 5"


def test_a_share_is_all_failures_over_all_requests_and_as_unsure_as_its_rounds_differ():
    found = comparison(
        [0.0] * 6, [0.0, 0.0, 0.0, 0.0, 0.0, 30.0], metric="error_share", stat="share", counts=100
    )

    assert found.after is not None
    assert found.after.value == pytest.approx(5)
    assert (found.after.low, found.after.high) == (0, 30)


def test_a_share_with_enough_failures_in_every_round_has_a_change():
    found = comparison([10.0] * 6, [5.0] * 6, metric="error_share", stat="share", counts=200)

    assert found.change is not None
    assert found.change.value == pytest.approx(-50)


def test_the_mix_comes_first_then_endpoints_by_name_and_server_metrics_have_no_endpoint():
    found = compare(
        [
            one
            for endpoint in ("GET /b", "*", "GET /a")
            for variant in ("before", "after")
            for one in measured(variant, BEFORE, endpoint=endpoint)
        ],
        before="before",
        after="after",
        confidence=0.95,
    )

    assert list(dict.fromkeys(c.endpoint for c in found)) == ["*", "GET /a", "GET /b"]
    assert {c.endpoint for c in found if c.metric == "memory_uss"} == {"*"}


def test_counts_need_no_statistics_and_no_number_of_rounds():
    found = comparison([194.0, 194.0], [48.0, 50.0], metric="service_count", stat="last", counts=1)

    assert found.after is not None
    assert (found.after.value, found.after.low, found.after.high) == (49, 48, 50)
    assert found.change is not None
    assert (found.change.low, found.change.high) == (
        pytest.approx(100 * (48 / 194 - 1)),
        pytest.approx(100 * (50 / 194 - 1)),
    )


def test_events_add_up_over_the_rounds():
    found = comparison([0.0, 2.0, 1.0], [0.0, 0.0, 0.0], metric="wrong_answers", stat="count")

    assert found.before is not None
    assert (found.before.low, found.before.high) == (3, 3)
    assert found.after is not None
    assert found.after.value == 0
    assert found.change is not None
    assert found.change.value == -100


def test_a_count_that_a_round_lacks_is_not_said():
    found = comparison([5.0, None], [5.0, 5.0], metric="index_count", stat="last", counts=1)

    assert found.before is None
    assert found.reason == "before not measured in 1 of 2 rounds"


def test_a_third_variant_does_not_disturb_the_comparison():
    both = measured("before", BEFORE) + measured("after", [value / 2 for value in BEFORE])
    third = measured("p1", [1.0] * 6, endpoint="GET /only-p1")

    assert compare(both + third, before="before", after="after", confidence=0.95) == compare(
        both, before="before", after="after", confidence=0.95
    )


def test_of_two_variants_there_is_one_pair():
    assert pairs_to_compare(["before", "after"]) == (("before", "after"),)


def test_of_more_variants_each_is_compared_with_the_first_and_with_the_one_in_front_of_it():
    assert pairs_to_compare(["before", "p1", "p2", "after"]) == (
        ("before", "after"),
        ("before", "p1"),
        ("before", "p2"),
        ("p1", "p2"),
        ("p2", "after"),
    )


def test_a_comparison_names_its_variants():
    found = compare(measured("p1", BEFORE) + measured("p2", BEFORE), before="p1", after="p2", confidence=0.95)

    assert {(one.baseline, one.variant) for one in found} == {("p1", "p2")}
