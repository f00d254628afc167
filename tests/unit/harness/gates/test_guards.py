"""Guards: what no KPI claims fails a run where it is proven to be worse, and only there."""

import math
from dataclasses import replace

import numpy as np
import pytest

from harness.gates.decide import judge_run
from harness.gates.guards import check_guards
from harness.gates.kpi_file import parse_target
from harness.gates.tolerances import TOLERANCES
from harness.model.measurement import Measurement
from harness.model.metric import METRIC_BY_ID
from harness.model.verdict import Check, Kpi, KpiVerdict, Outcome, Verdict
from harness.stats.compare import compare
from harness.stats.round_changes import round_changes


def measured(ratio, *, rounds=8, metric="response_time", stat="p50", endpoint="*", level=100.0, seed=1):
    """Measure a change of that ratio with noise of 2 % in each round."""
    noise = np.random.default_rng(seed).normal(0, 0.02, (2, rounds))
    is_share = stat == "share"
    for index in range(rounds):
        for side, (variant, factor) in enumerate((("before", 1.0), ("after", ratio))):
            value = level * factor * (1 if is_share else math.exp(noise[side, index]))
            yield Measurement(
                variant_id=variant, round_index=index, endpoint=endpoint, metric=metric, stat=stat,
                value=value, sample_count=1000,
            )  # fmt: skip


def guards(*measurements, kpis=(), tolerances=TOLERANCES, **how):
    found = [one for some in measurements for one in some]
    changes = round_changes(found, (), before="before", after="after")
    comparisons = compare(found, before="before", after="after", confidence=0.95)
    return check_guards(changes, comparisons, kpis, tolerances=tolerances, **how)


def kpi(metric="response_time", stat="p50"):
    return Kpi(
        id="k", title="K", why="", metric=metric, stat=stat, endpoint="*", is_blocking=True,
        targets=(parse_target("change <= +10 %", "ms"),),
    )  # fmt: skip


def names(found):
    return [(one.endpoint, one.metric, one.stat) for one in found.worse]


def test_what_is_beyond_doubt_worse_than_tolerated_is_named_with_its_numbers():
    found = guards(measured(1.4, stat="p99", endpoint="GET /slow"), measured(1.0, endpoint="GET /fine"))

    assert names(found) == [("GET /slow", "response_time", "p99")]
    assert found.count == 2
    assert found.worse[0].p <= 0.05
    assert found.worse[0].reason.startswith("Response time p99 of GET /slow rose ")
    assert found.worse[0].reason.endswith(" %), 15 % are tolerated.")


@pytest.mark.parametrize("ratio", [0.4, 1.0, 1.1, 1.15])
def test_an_improvement_no_change_and_what_is_tolerated_fail_nothing(ratio):
    assert guards(measured(ratio), measured(ratio, endpoint="GET /a", seed=2)).worse == ()


def test_a_share_is_watched_in_percentage_points_so_that_none_before_is_no_riddle():
    none, some = (
        measured(ratio, metric="slow_share", stat="share", level=level) for ratio, level in ((1, 0), (3, 1))
    )

    assert guards(none).worse == ()
    assert names(guards(some)) == [("*", "slow_share", "share")]
    assert (
        "2 percentage points"
        in guards(measured(3, metric="slow_share", stat="share", level=1)).worse[0].reason
    )


def shares(*points):
    """Measure a share of very slow requests: none before, and these after, round by round."""
    for index, after in enumerate(points):
        for variant, value in (("before", 0.0), ("after", after)):
            yield Measurement(
                variant_id=variant, round_index=index, endpoint="*", metric="slow_share", stat="share",
                value=value, sample_count=1000,
            )  # fmt: skip


def test_a_fault_that_spares_some_rounds_is_not_excused_by_them():
    assert names(guards(shares(3, 0, 2.5, 0, 4, 3, 0, 2.5, 0, 3.5, 2, 0))) == [("*", "slow_share", "share")]


def test_a_share_that_rose_by_less_than_is_tolerated_or_in_a_single_round_fails_nothing():
    assert guards(shares(*[0.3] * 12)).worse == ()
    assert guards(shares(*[0] * 11, 30)).worse == ()


def test_what_a_kpi_claims_is_the_kpis_to_judge():
    assert guards(measured(2.0), kpis=[kpi()]).count == 0
    assert guards(measured(2.0), kpis=[kpi(stat="p95")]).count == 1


def test_five_rounds_or_a_missing_number_are_no_guard():
    complete = list(measured(2.0))
    incomplete = [replace(complete[0], value=None), *complete[1:]]

    assert guards(measured(2.0, rounds=5)).count == 0
    assert guards(incomplete).count == 0


def test_tolerances_say_what_is_watched_and_how_closely():
    assert guards(measured(1.1), tolerances={"response_time": 5}).worse
    assert guards(measured(9.0), tolerances={"cpu_time": 5}).count == 0
    assert set(TOLERANCES) <= set(METRIC_BY_ID)
    assert all(METRIC_BY_ID[metric].better == "lower" for metric in TOLERANCES)


def passed():
    verdict = Verdict(outcome=Outcome.PASSED, reason="Fine.")
    return KpiVerdict(kpi=kpi(), verdict=verdict, comparison=None)


def test_a_guard_fails_a_run_whose_kpis_pass_but_never_an_invalid_one():
    worse = guards(measured(1.5, stat="p99")).worse
    broken = Check(id="x", ok=False, value=1, limit=0, detail="Broken.")

    failed = judge_run([passed()], [], worse)
    assert failed.outcome is Outcome.FAILED
    assert failed.reason.startswith("Something that no KPI claims got worse: Response time p99 rose ")
    assert judge_run([passed()], [broken], worse).outcome is Outcome.INVALID
    assert judge_run([passed()], [], ()).outcome is Outcome.PASSED


def test_two_equal_builds_with_many_guards_are_failed_in_hardly_any_run():
    """At a tolerance of nothing the rate is the promised 5 %: 200 runs, four standard errors."""
    alarms = 0
    for seed in range(200):
        pages = [measured(1.0, endpoint=f"GET /{page}", seed=(seed, page), rounds=7) for page in range(10)]
        found = [one for page in pages for one in page]
        changes = round_changes(found, (), before="before", after="after")
        comparisons = compare(found, before="before", after="after", confidence=0.9)
        alarms += bool(check_guards(changes, comparisons, (), tolerances={"response_time": 0.0}).worse)

    assert alarms <= 200 * (0.05 + 4 * math.sqrt(0.05 * 0.95 / 200))
