"""The gate: three states on the whole interval, and the sentences that people read."""

import pytest

from harness.gates.decide import judge_kpi, judge_run
from harness.gates.effort import Effort
from harness.gates.kpi_file import parse_target
from harness.model.measurement import Comparison, Estimate
from harness.model.verdict import Check, Kpi, KpiVerdict, Outcome, Verdict


def estimate(value, low, high, unit="%"):
    return Estimate(value=value, low=low, high=high, unit=unit, sample_count=1000)


def kpi(*targets, title="Response time", unit="ms", is_blocking=True, kpi_id="response-time", **options):
    warn = tuple(parse_target(limit, unit) for limit in options.pop("warn", ()))
    return Kpi(
        id=kpi_id,
        title=title,
        why="",
        metric="response_time",
        stat="p50",
        endpoint="*",
        targets=tuple(parse_target(target, unit) for target in targets),
        is_blocking=is_blocking,
        warn=warn,
        **options,
    )


def judge(claim, *, after=None, change=None, reason="", counts=(1000, 1000), effort=None):
    comparison = Comparison(
        endpoint="*",
        metric="response_time",
        stat="p50",
        before=None,
        after=after,
        change=change,
        before_count=counts[0],
        after_count=counts[1],
        reason=reason,
    )
    verdict = judge_kpi(claim, [comparison], effort=effort).verdict
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
            (-99.64, -99.65, -99.6),
            "passed",
            "Response time fell 99.6 % (99.6 to 99.7 %), the claim was a fall of at least 60 %.",
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


def test_an_endpoint_that_nobody_asked_for_has_no_data():
    verdict = judge_kpi(kpi("<= 400 ms"), [])

    assert verdict.comparison is None
    assert verdict.verdict == Verdict(
        outcome=Outcome.NO_DATA, reason="Response time has no data: no request went to *."
    )


@pytest.mark.parametrize("counts", [(0, 1000), (1000, 0), (0, 0)])
def test_what_was_never_measured_on_a_side_has_no_data(counts):
    reason = "not measured: no good answer carries it in a Server-Timing header"

    assert judge(kpi("change <= -60 %"), reason=reason, counts=counts) == (
        "no_data",
        f"Response time has no data: {reason}.",
    )


def test_a_level_needs_no_baseline():
    after = estimate(312, 300, 325, unit="ms")

    assert judge(kpi("<= 400 ms"), after=after, counts=(0, 1000))[0] == "passed"


@pytest.mark.parametrize("bound", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_no_data_and_never_a_pass(bound):
    for target in ("<= 400 ms", ">= 100 ms"):
        outcome, reason = judge(kpi(target), after=estimate(312, 300, bound, unit="ms"))

        assert (outcome, reason) == ("no_data", "Response time has no data: the value is not a number.")


def test_a_miss_is_told_even_where_another_target_has_no_data():
    after = estimate(500, 480, 520, unit="ms")

    assert judge(kpi("<= 400 ms", "change <= -60 %"), after=after, counts=(0, 1000))[0] == "failed"


def test_a_lost_baseline_warns_at_best_where_the_file_allows_it():
    after = estimate(312, 300, 325, unit="ms")
    claim = kpi("<= 400 ms", "change <= -60 %", on_missing_baseline="warned")

    assert judge(claim, after=after, counts=(0, 1000)) == (
        "warned",
        (
            "Response time is now 312 ms (300 to 325 ms), the claim was at most 400 ms."
            " There is no baseline, so no change was judged."
        ),
    )
    alone = kpi("change <= -60 %", on_missing_baseline="warned")
    assert judge(alone, after=after, counts=(0, 1000))[0] == "no_data"


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        ((250, 240, 260), "passed"),
        ((310, 305, 315), "warned"),
        ((300, 290, 310), "warned"),
        ((318, 310, 330), "inconclusive"),
        ((340, 330, 350), "failed"),
    ],
)
def test_between_target_and_warning_limit_lies_a_warning(after, outcome):
    assert judge(kpi("<= 300 ms", warn=["<= 320 ms"]), after=estimate(*after, unit="ms"))[0] == outcome


def test_a_warning_tells_target_and_limit():
    claim = kpi("<= 300 ms", warn=["<= 320 ms"])

    assert judge(claim, after=estimate(310, 305, 315, unit="ms"))[1] == (
        "Response time is now 310 ms (305 to 315 ms), which does not prove the claim of at most 300 ms,"
        " but keeps its warning limit, at most 320 ms."
    )


def test_a_warning_limit_guards_only_the_target_of_its_kind():
    claim = kpi("<= 300 ms", "change <= -20 %", warn=["<= 320 ms"])
    after = estimate(310, 305, 315, unit="ms")

    assert judge(claim, after=after, change=estimate(-30, -35, -25))[0] == "warned"
    assert judge(claim, after=after, change=estimate(-10, -15, -5))[0] == "failed"


def test_the_estimate_alone_decides_only_where_the_file_asks_for_it():
    after = estimate(390, 350, 430, unit="ms")

    assert judge(kpi("<= 400 ms"), after=after)[0] == "inconclusive"
    assert judge(kpi("<= 400 ms", decide_on="point"), after=after) == (
        "passed",
        (
            "Response time is now 390 ms (350 to 430 ms), the claim was at most 400 ms."
            " Judged by the estimate alone."
        ),
    )


def test_too_few_requests_decide_nothing_where_the_file_asks_for_more():
    claim = kpi("<= 400 ms", min_requests=2000)
    after = estimate(312, 300, 325, unit="ms")

    assert judge(claim, after=after, counts=(1000, 1999)) == (
        "inconclusive",
        "Response time cannot be judged: 1,999 requests, the KPI file asks for 2,000.",
    )
    assert judge(claim, after=after, counts=(1000, 2000))[0] == "passed"


def test_too_few_requests_say_how_long_it_takes_until_there_are_enough():
    _, reason = judge(
        kpi("<= 400 ms", min_requests=2000),
        after=estimate(312, 300, 325, unit="ms"),
        counts=(800, 900),
        effort=Effort(rounds=8, minutes=4),
    )

    assert reason.endswith(" About 10 more rounds (5 minutes) of the same kind would decide."), (
        "by after's 900"
    )


def test_the_run_names_the_undecided_kpi_that_takes_longest():
    quick, slow = (
        KpiVerdict(
            kpi=kpi("<= 400 ms"),
            verdict=Verdict(outcome=Outcome.INCONCLUSIVE, reason=f"{rounds} more.", more_rounds=rounds),
            comparison=None,
        )
        for rounds in (2, 9)
    )

    assert judge_run([quick, slow], []).reason == "2 of 2 blocking KPIs could not be decided: 9 more."


def test_an_undecided_kpi_can_count_as_failed():
    claim = kpi("<= 400 ms", on_inconclusive="failed")

    assert judge(claim, after=estimate(390, 350, 430, unit="ms"))[0] == "failed"


@pytest.mark.parametrize(
    ("after", "remedy"),
    [
        ((380, 350, 412), "About 9 more rounds (5 minutes) of the same kind would decide."),
        ((390, 350, 434), "About 101 more rounds (51 minutes) of the same kind would decide."),
        (
            (399, 350, 450),
            "The estimate lies so near the target that more rounds of this kind would hardly decide.",
        ),
    ],
)
def test_an_undecided_kpi_says_how_much_more_would_decide(after, remedy):
    outcome, reason = judge(
        kpi("<= 400 ms"), after=estimate(*after, unit="ms"), effort=Effort(rounds=6, minutes=3)
    )

    assert outcome == "inconclusive"
    assert reason.endswith(remedy)


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


def test_the_worst_blocking_kpi_is_the_verdict():
    order = ["invalid", "failed", "no_data", "inconclusive", "warned", "passed"]

    for position, worst in enumerate(order):
        run = judge_run([kpi_verdict(outcome) for outcome in reversed(order[position:])], [check(True)])
        assert run.outcome.value == worst


def test_a_run_with_a_warning_says_so_and_does_not_fail():
    verdict = judge_run([kpi_verdict("passed"), kpi_verdict("warned", reason="W.")], [check(True)])

    assert verdict == Verdict(
        outcome=Outcome.WARNED, reason="1 of 2 blocking KPIs kept only the warning limit: W."
    )
    assert verdict.outcome.exit_code == 0


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("passed", 0), ("warned", 0), ("failed", 99), ("inconclusive", 3), ("no_data", 3), ("invalid", 4)],
)
def test_the_exit_code_tells_the_outcome(outcome, code):
    assert Outcome(outcome).exit_code == code


def test_a_run_passes_when_every_blocking_kpi_is_proven_and_advisory_ones_decide_nothing():
    verdict = judge_run(
        [kpi_verdict("passed", reason="P."), kpi_verdict("failed", is_blocking=False)], [check(True)]
    )

    assert verdict == Verdict(outcome=Outcome.PASSED, reason="The blocking KPI is proven: P.")


def test_a_run_without_a_blocking_kpi_is_no_pass():
    verdict = judge_run([kpi_verdict("passed", is_blocking=False)], [check(True)])

    assert verdict.outcome is Outcome.INCONCLUSIVE
