"""Each check sees its fault, and no other one does."""

from dataclasses import replace

import pytest

from harness.gates.validity import (
    REPORTED_ONLY,
    HostShare,
    RunFacts,
    VariantFacts,
    check_client_delay,
    check_load,
    check_validity,
)
from harness.model.slice_summary import GeneratorReport, SliceSummary, Spread
from harness.stats.pairing import Pairing

QUIET = Spread(p50=0.1, p99=0.9, max=1.2)


def summary(variant="after", couple=0, *, sha="s", idle=0.001, **report):
    seen = {
        "started_ns": 0,
        "ended_ns": 1,
        "planned_arrivals": 20,
        "sent_arrivals": 20,
        "dropped_arrivals": 0,
        "late_arrivals": 0,
        "request_count": 45,
        "failed_count": 0,
        "max_in_flight": 3,
        "drained": True,
        "start_lag_ms": QUIET,
        "loop_lag_ms": QUIET,
        "generator_cpu_share": 0.1,
    }
    return SliceSummary(
        slice=0,
        variant=variant,
        couple=couple,
        is_warm_up=False,
        duration_s=2.5,
        schedule_sha256=sha,
        idle_cpu_share={"before" if variant == "after" else "after": idle},
        report=GeneratorReport(**{**seen, **report}),
    )


def summaries(**of_after):
    """Make two rounds of five couples; the keywords change one slice of after."""
    quiet = [(r, summary(v, c)) for r in (1, 2) for c in range(5) for v in ("before", "after")]
    return [*quiet[:-1], (2, summary("after", 4, **of_after))]


FACTS = RunFacts(
    planned_round_count=2,
    whole_round_count=2,
    gap="",
    pairing=Pairing(
        arrival_count=200,
        same_journey_count=200,
        good_count=200,
        same_requests_count=198,
        first_mix={"GET /a": 300, "GET /b": 150},
        second_mix={"GET /a": 299, "GET /b": 151},
    ),
    variants={
        "before": VariantFacts(request_count=450, unanswered_count=0, sample_count=450, p95_ms=800.0),
        "after": VariantFacts(request_count=450, unanswered_count=4, sample_count=450, p95_ms=60.0),
    },
)


def broken(slices=None, facts=FACTS):
    found = check_validity(summaries() if slices is None else slices, facts)
    return {check.id: check for check in found if not check.ok}


def test_a_quiet_run_is_valid():
    assert broken() == {}


@pytest.mark.parametrize(
    ("report", "check_id", "detail"),
    [
        (
            {"sent_arrivals": 19},
            "rate-achieved",
            (
                "399 of 400 planned arrivals were sent, 99.9 % must be. The generator cannot keep this rate:"
                " lower it, or use more workers."
            ),
        ),
        (
            {"dropped_arrivals": 3},
            "dropped-arrivals",
            (
                "3 arrivals found no free user and were dropped; they count as failed requests. Lower the"
                " rate to one that both variants can serve."
            ),
        ),
        (
            {"drained": False},
            "drained",
            (
                "1 of 20 slices ended with requests still in flight: these were never seen to finish, and"
                " they ran on in the next slice. Lower the rate."
            ),
        ),
        (
            {"sha": "other"},
            "schedule-equal",
            "In 1 of 10 couples the schedules differ: a bug, report it.",
        ),
    ],
)
def test_one_such_slice_is_enough(report, check_id, detail):
    found = broken(summaries(**report))

    assert found.keys() == {check_id}
    assert found[check_id].detail == detail


@pytest.mark.parametrize(
    ("check_id", "report"),
    [
        ("start-lag", {"start_lag_ms": Spread(p50=1, p99=5.1, max=9)}),
        ("loop-lag", {"loop_lag_ms": Spread(p50=1, p99=5.1, max=9)}),
        ("generator-cpu", {"generator_cpu_share": 0.31}),
        ("connection-errors", {"connection_errors": 1, "request_count": 45}),
    ],
)
def test_a_hiccup_in_a_tenth_of_the_slices_is_borne_and_more_is_not(check_id, report):
    bad = [(1, summary("after", couple, **report)) for couple in range(3)]
    good = [(1, summary("before", couple)) for couple in range(17)]

    assert broken(bad[:2] + good + good[:1]) == {}
    assert broken(bad + good).keys() == {check_id}


def test_lag_may_be_a_twentieth_of_what_is_measured():
    """20 ms of lag change nothing about a p95 of 800 ms, and all about one of 60 ms."""
    lag = Spread(p50=1, p99=20, max=30)

    assert broken([(1, summary(variant, 0, start_lag_ms=lag)) for variant in ("before", "before")]) == {}
    assert broken([(1, summary(variant, 0, start_lag_ms=lag)) for variant in ("after", "after")]).keys() == {
        "start-lag"
    }


def test_the_start_lag_check_says_what_was_seen_and_what_to_do():
    lag = Spread(p50=1, p99=7.25, max=9)

    assert broken([(1, summary("after", 0, start_lag_ms=lag))])["start-lag"].detail == (
        "1 of 1 slices started requests too late (p99 up to 7.2 ms after the plan). The generator or the"
        " machine is too busy: lower the rate, use more workers, or stop what else runs."
    )


def test_missing_rounds_are_told_with_the_gap():
    facts = replace(FACTS, whole_round_count=1, gap="1 of 2 planned rounds are whole; missing: 2.")

    assert broken(facts=facts)["rounds-complete"].detail == (
        "1 of 2 planned rounds are whole; missing: 2. Run it again to the end."
    )


def test_a_missing_row_is_seen():
    after = replace(FACTS.variants["after"], sample_count=449)
    facts = replace(FACTS, variants={**FACTS.variants, "after": after})

    assert broken(facts=facts).keys() == {"samples-complete"}


def test_another_journey_on_one_side_is_seen():
    facts = replace(FACTS, pairing=replace(FACTS.pairing, same_journey_count=199))

    assert broken(facts=facts).keys() == {"same-journeys"}


def test_other_requests_on_one_side_are_seen():
    facts = replace(FACTS, pairing=replace(FACTS.pairing, same_requests_count=189))

    assert broken(facts=facts).keys() == {"same-requests"}


@pytest.mark.parametrize(("moved", "is_broken"), [(60, False), (75, True)])
def test_a_mix_that_shifts_by_more_than_chance_and_a_twentieth_is_seen(moved, is_broken):
    """Of 450 requests, chance may shift a share by 10 points; 75 moved ones are 17."""
    mix = {"GET /a": 300 - moved, "GET /b": 150 + moved}
    facts = replace(FACTS, pairing=replace(FACTS.pairing, second_mix=mix))

    assert (broken(facts=facts).keys() == {"same-mix"}) == is_broken


def test_more_than_a_hundredth_of_unanswered_requests_is_seen():
    after = replace(FACTS.variants["after"], unanswered_count=5)
    facts = replace(FACTS, variants={**FACTS.variants, "after": after})

    assert broken(facts=facts).keys() == {"unanswered"}


def test_background_work_is_seen():
    found = broken([(1, summary("before", 0)), (1, summary("after", 0, idle=0.05))])

    assert found["background-work"].detail == (
        "before used 5 % of a core while it should have been idle: it works in the background, which costs"
        " the other variant time."
    )


def test_no_slices_at_all_make_no_valid_run():
    nothing = replace(
        FACTS,
        whole_round_count=0,
        pairing=Pairing(
            arrival_count=0,
            same_journey_count=0,
            good_count=0,
            same_requests_count=0,
            first_mix={},
            second_mix={},
        ),
    )

    assert broken([], nothing).keys() == {"rounds-complete", "rate-achieved", "same-journeys"}


def test_a_verdict_that_hangs_on_the_generators_delay_is_seen():
    assert check_client_delay([]).ok
    assert check_client_delay(["Response time"]).detail == (
        "Response time: the verdict on service time is another one, so the generator's own delay decides."
        " Lower the rate."
    )


def test_arrivals_that_start_late_all_over_the_run_are_seen():
    """2 of 20 late arrivals in each slice break the plan, however slow the variant is."""
    late = [(1, summary("before", couple, late_arrivals=2)) for couple in range(5)]

    assert broken(late).keys() == {"late-starts"}
    assert broken(late)["late-starts"].detail == (
        "10 of 100 arrivals started more than 5 ms late, 5 % may. The generator or the machine is too busy:"
        " lower the rate, or use more workers."
    )


@pytest.mark.parametrize(
    ("check_id", "busy"),
    [("host-cpu", HostShare(cpu=0.96, steal=0.0)), ("steal", HostShare(cpu=0.5, steal=0.06))],
)
def test_a_machine_that_is_busy_or_robbed_in_more_than_a_quarter_of_the_slices_is_seen(check_id, busy):
    quiet = HostShare(cpu=0.6, steal=0.0)

    assert broken(facts=replace(FACTS, host=[busy] * 5 + [quiet] * 15)) == {}
    found = broken(facts=replace(FACTS, host=[busy] * 6 + [quiet] * 14))
    assert found.keys() == {check_id}
    assert found[check_id].detail.startswith("6 of 20 slices")


def test_a_closed_loop_says_that_it_cannot_see_coordinated_omission_and_stays_valid():
    found = broken(facts=replace(FACTS, closed_loop_users=10))

    assert found.keys() == {"open-loop"} <= REPORTED_ONLY
    assert "closed loop of 10 users" in found["open-loop"].detail
    assert "coordinated omission" in found["open-loop"].detail


def test_a_load_by_itself_is_judged_by_what_its_generator_says():
    report = summary().report
    lag = Spread(p50=1, p99=20, max=30)

    assert all(check.ok for check in check_load(report, p95_ms=60))
    assert [
        check.id for check in check_load(replace(report, start_lag_ms=lag), p95_ms=60) if not check.ok
    ] == ["start-lag"]
    assert all(check.ok for check in check_load(replace(report, start_lag_ms=lag), p95_ms=800))
