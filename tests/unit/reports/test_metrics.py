"""The words for metrics agree with the harness that measures them."""

from harness.model.metric import CAPACITY, METRICS
from reports.metrics import METRIC_WORDS, direction_word, is_on_worse_side, measured_title
from reports.results import Comparison, Estimate


def _change(low, high):
    return Estimate(value=(low + high) / 2, low=low, high=high, unit="%", sample_count=6)


def test_reports_and_harness_know_the_same_metrics_and_directions():
    metrics = (*METRICS, CAPACITY)

    assert {m.id: m.better for m in metrics} == {w.id: w.better for w in METRIC_WORDS}
    assert {m.id: m.title for m in metrics} == {w.id: w.title for w in METRIC_WORDS}


def test_less_time_is_better_and_a_lower_rate_is_worse():
    assert direction_word("response_time", _change(-10, -5)) == "better"
    assert direction_word("response_time", _change(5, 10)) == "worse"
    assert direction_word("achieved_rate", _change(-10, -5)) == "worse"
    assert direction_word("achieved_rate", _change(5, 10)) == "better"


def test_an_interval_that_holds_or_touches_zero_is_unclear():
    assert direction_word("response_time", _change(-1, 3)) == "unclear"
    assert direction_word("response_time", _change(0, 3)) == "unclear"
    assert direction_word("response_time", _change(0, 0)) == "same"


def test_the_worse_side_depends_on_the_metric():
    def comparison(metric, before, after):
        values = [Estimate(value=v, low=v, high=v, unit="x", sample_count=1) for v in (before, after)]
        return Comparison(
            endpoint="*",
            metric=metric,
            stat="mean",
            before=values[0],
            after=values[1],
            change=None,
            before_count=1,
            after_count=1,
            reason="",
        )

    assert is_on_worse_side(comparison("error_share", 0.0, 0.7))
    assert not is_on_worse_side(comparison("error_share", 0.7, 0.0))
    assert not is_on_worse_side(comparison("error_share", 0.0, 0.0))
    assert is_on_worse_side(comparison("achieved_rate", 8.0, 7.0))


def test_a_metric_of_tomorrow_keeps_its_name():
    assert measured_title("loop_lag", "p99.99") == "loop lag, p99.99"
    assert measured_title("error_share", "share") == "Failed requests"
