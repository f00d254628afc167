"""The gate: three states on the whole interval, and the sentences that people read."""

import pytest

from harness.gates.decide import judge_kpi, judge_run
from harness.gates.kpi_file import parse_target
from harness.model.measurement import Comparison, Estimate
from harness.model.verdict import Check, Kpi, KpiVerdict, Outcome, Verdict


def estimate(value, low, high, unit="%"):
    return Estimate(value=value, low=low, high=high, unit=unit, sample_count=1000)


def kpi(*targets, title="Response time", unit="ms", is_blocking=True, kpi_id="response-time"):
    return Kpi(
        id=kpi_id,
        title=title,
        why="",
        metric="response_time",
        stat="p50",
        endpoint="*",
        targets=tuple(parse_target(target, unit) for target in targets),
        is_blocking=is_blocking,
    )


def judge(claim, *, after=None, change=None, reason=""):
    comparison = Comparison(
        endpoint="*",
        metric="response_time",
        stat="p50",
        before=None,
        after=after,
        change=change,
        before_count=1000,
        after_count=1000,
        reason=reason,
    )
    verdict = judge_kpi(claim, [comparison]).verdict
    return verdict.outcome.value, verdict.reason


@pytest.mark.parametrize(
    ("target", "change", "outcome", "sentence"),
    [
        (
            "change <= -60 %",
            (-71, -74, -68),
            "passed",
            "Response time fell 71 % (68 to 74 %), the claim was a fall of at least 60 %.",
        ),
        (
            "change <= -60 %",
            (-41, -44, -38),
            "failed",
            "Response time fell 41 % (38 to 44 %), but the claim was a fall of at least 60 %.",
        ),
        (
            "change <= -60 %",
            (-61, -66, -55),
            "inconclusive",
            (
                "Response time fell 61 % (55 to 66 %), which neither proves nor disproves the claim of a fall"
                " of at least 60 %."
            ),
        ),
        (
            "change <= -60 %",
            (12, 8, 15.4),
            "failed",
            "Response time rose 12 % (8 to 15 %), but the claim was a fall of at least 60 %.",
        ),
        (
            "change <= +10 %",
            (-1, -4, 2.25),
            "passed",
            "Response time changed by -1 % (-4 to +2.2 %), the claim was a rise of at most 10 %.",
        ),
        (
            "change <= +10 %",
            (0, 0, 0),
            "passed",
            "Response time did not change, the claim was a rise of at most 10 %.",
        ),
        (
            "change >= -5 %",
            (-2, -3, -1),
            "passed",
            "Response time fell 2 % (1 to 3 %), the claim was a fall of at most 5 %.",
        ),
    ],
)
def test_a_change_is_judged_on_its_whole_interval_and_told_plainly(target, change, outcome, sentence):
    assert judge(kpi(target), change=estimate(*change)) == (outcome, sentence)


@pytest.mark.parametrize(
    ("after", "outcome", "sentence"),
    [
        (
            (312.4, 300.1, 325.2),
            "passed",
            "Response time is now 312 ms (300 to 325 ms), the claim was at most 400 ms.",
        ),
        (
            (1234.5, 1200, 1300),
            "failed",
            "Response time is now 1234 ms (1200 to 1300 ms), but the claim was at most 400 ms.",
        ),
        (
            (398, 380, 420),
            "inconclusive",
            (
                "Response time is now 398 ms (380 to 420 ms), which neither proves nor disproves the claim of"
                " at most 400 ms."
            ),
        ),
    ],
)
def test_a_level_is_judged_on_its_whole_interval_and_told_plainly(after, outcome, sentence):
    assert judge(kpi("<= 400 ms"), after=estimate(*after, unit="ms")) == (outcome, sentence)


@pytest.mark.parametrize(("high", "outcome"), [(400.0, "passed"), (400.0000001, "inconclusive")])
def test_an_interval_that_ends_at_the_target_meets_it(high, outcome):
    assert judge(kpi("<= 400 ms"), after=estimate(350, 300, high, unit="ms"))[0] == outcome
    assert judge(kpi("< 400 ms"), after=estimate(350, 300, high, unit="ms"))[0] == "inconclusive"


def test_a_number_is_never_rounded_across_its_target():
    _, sentence = judge(kpi("change <= -60 %"), change=estimate(-59.97, -59.99, -59.9))

    assert (
        sentence == "Response time fell 59.97 % (59.9 to 59.99 %), but the claim was a fall of at least 60 %."
    )


def test_a_good_point_estimate_alone_proves_nothing():
    assert judge(kpi("change <= -60 %"), change=estimate(-90, -99, 5))[0] == "inconclusive"


def test_all_targets_must_hold_and_all_are_told():
    outcome = judge(
        kpi("<= 400 ms", "change <= -60 %"),
        after=estimate(312, 300, 325, unit="ms"),
        change=estimate(-71, -74, -68),
    )

    assert outcome == (
        "passed",
        (
            "Response time is now 312 ms (300 to 325 ms), the claim was at most 400 ms; it fell 71 % (68 to"
            " 74 %), the claim was a fall of at least 60 %."
        ),
    )


def test_one_missed_target_fails_the_kpi_and_only_that_one_is_told():
    outcome = judge(
        kpi("<= 400 ms", "change <= -60 %"),
        after=estimate(390, 350, 430, unit="ms"),
        change=estimate(-41, -44, -38),
    )

    assert outcome == (
        "failed",
        "Response time fell 41 % (38 to 44 %), but the claim was a fall of at least 60 %.",
    )


def test_a_missing_number_is_inconclusive_with_its_reason():
    reason = "not resolvable: 12 requests a round, p95 needs 100"

    assert judge(kpi("<= 400 ms"), reason=reason) == (
        "inconclusive",
        "Response time cannot be judged: not resolvable: 12 requests a round, p95 needs 100.",
    )


def test_a_met_target_does_not_hide_that_another_has_no_number():
    outcome = judge(
        kpi("<= 400 ms", "change <= -60 %"),
        after=estimate(312, 300, 325, unit="ms"),
        reason="before not resolvable",
    )

    assert outcome == ("inconclusive", "Response time cannot be judged: before not resolvable.")


def test_an_endpoint_that_nobody_asked_for_is_inconclusive():
    verdict = judge_kpi(kpi("<= 400 ms"), [])

    assert verdict.comparison is None
    assert verdict.verdict == Verdict(
        outcome=Outcome.INCONCLUSIVE, reason="Response time cannot be judged: no request went to *."
    )


def kpi_verdict(outcome, *, is_blocking=True, reason="R."):
    return KpiVerdict(
        kpi=kpi("<= 400 ms", is_blocking=is_blocking),
        verdict=Verdict(outcome=Outcome(outcome), reason=reason),
        comparison=None,
    )


def check(ok, check_id="drained", detail="Seen. Do this."):
    return Check(id=check_id, ok=ok, value=1.0, limit=0.0, detail=detail)


def test_a_broken_check_makes_the_run_invalid_whatever_the_kpis_say():
    verdict = judge_run([kpi_verdict("failed")], [check(True), check(False), check(False, "rate-achieved")])

    assert verdict == Verdict(
        outcome=Outcome.INVALID,
        reason="The measurement cannot be trusted (1 more check failed too): Seen. Do this.",
    )


def test_background_work_is_reported_and_makes_no_run_invalid():
    assert judge_run([kpi_verdict("passed")], [check(False, "background-work")]).outcome is Outcome.PASSED


def test_one_failed_blocking_kpi_fails_the_run():
    verdict = judge_run(
        [kpi_verdict("passed"), kpi_verdict("inconclusive"), kpi_verdict("failed", reason="F.")], []
    )

    assert verdict == Verdict(outcome=Outcome.FAILED, reason="1 of 3 blocking KPIs failed: F.")


def test_one_inconclusive_blocking_kpi_makes_the_run_inconclusive():
    verdict = judge_run([kpi_verdict("passed"), kpi_verdict("inconclusive", reason="I.")], [check(True)])

    assert verdict == Verdict(
        outcome=Outcome.INCONCLUSIVE, reason="1 of 2 blocking KPIs could not be decided: I."
    )


def test_a_run_passes_when_every_blocking_kpi_is_proven_and_advisory_ones_decide_nothing():
    verdict = judge_run(
        [kpi_verdict("passed", reason="P."), kpi_verdict("failed", is_blocking=False)], [check(True)]
    )

    assert verdict == Verdict(outcome=Outcome.PASSED, reason="The blocking KPI is proven: P.")


def test_a_run_without_a_blocking_kpi_is_no_pass():
    verdict = judge_run([kpi_verdict("passed", is_blocking=False)], [check(True)])

    assert verdict.outcome is Outcome.INCONCLUSIVE
