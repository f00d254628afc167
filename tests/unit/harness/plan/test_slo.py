"""The words of an SLO, and what is told when they are none."""

import pytest

from harness.errors import UsageError
from harness.model.slo import ErrorLimit, LatencyLimit
from harness.plan.slo import parse_slo


def test_limits_on_a_percentile_and_on_errors_are_read():
    slo = parse_slo("p95 <= 400 ms and errors < 0.1 %")

    assert slo.text == "p95 <= 400 ms and errors < 0.1 %"
    assert slo.latency == (LatencyLimit(stat="p95", q=0.95, limit_ms=400, is_strict=False),)
    assert slo.errors == ErrorLimit(share=pytest.approx(0.001), is_strict=True)


def test_several_percentiles_other_units_and_commas_are_read():
    slo = parse_slo("p50<0.1s, p99.9 <= 2 s")

    assert [(limit.stat, limit.q, limit.limit_ms) for limit in slo.latency] == [
        ("p50", 0.5, 100),
        ("p99.9", 0.999, 2000),
    ]
    assert slo.errors is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a part that is no limit: ''"),
        ("errors < 1 %", "limits no percentile"),
        ("p95 <= 400", "needs its unit: ms, s, us"),
        ("p95 <= 400 parsec", "needs its unit: ms, s, us"),
        ("p95 <= 400 ms and errors < 1", "needs its unit: %"),
        ("p95 >= 400 ms", "the operator must be < or <="),
        ("p95 <= 400 ms and p95 <= 300 ms", "limits p95 twice"),
        ("p95 <= 400 ms and errors < 1 % and errors < 2 %", "limits errors twice"),
        ("p100 <= 400 ms", "from p50 to p99.9"),
        ("p20 <= 400 ms", "from p50 to p99.9"),
        ("mean <= 400 ms", "'mean' is no percentile"),
        ("p95 <= 0 ms", "must be above 0"),
        ("p95 <= 4.0.0 ms", "'4.0.0' is no number"),
        ("fast please", "a part that is no limit: 'fast please'"),
    ],
)
def test_what_is_no_slo_is_told_in_one_sentence(text, told):
    with pytest.raises(UsageError) as caught:
        parse_slo(text)

    assert told in caught.value.message
    assert "--slo" in caught.value.hint
