"""Turns on a real Locust: each arrival to every target, back to back, with nothing else under way."""

from itertools import pairwise

from harness.model.plan import Arrival, Precision
from harness.plan.arrivals import draw_turns
from tests.component.generator.conftest import read_rows
from tests.truth_server import Behaviour

TARGETS = ("before", "after")
THINKING = """
    from locust import FastHttpUser, between, task

    class Visitor(FastHttpUser):
        wait_time = between(100, 200)

        @task
        def visit(self):
            self.client.get("/first")
            self.wait()
            self.client.get("/second")
"""


def take(driven, *, arrivals=12, limit_s=30.0, seed=1):
    planned, orders = draw_turns(Precision(seconds=limit_s, arrivals=arrivals), TARGETS, seed=seed)
    samples = {target: driven.folder / f"turns-{target}.arrow" for target in TARGETS}
    reports = driven.driver.take_turns(planned, orders, samples=samples, limit_s=limit_s, drain_s=10)
    rows = {target: read_rows(path) for target, path in samples.items()}
    return reports, rows, orders


def test_each_arrival_goes_to_both_targets_one_after_the_other_in_the_drawn_order(truth, drive):
    truth.set("*", Behaviour(service_ms=5))
    reports, rows, orders = take(drive(THINKING))
    journeys = sorted(
        (min(row["sent_ns"] for row in mine), max(row["finished_ns"] for row in mine), arrival, target)
        for target in TARGETS
        for arrival in range(12)
        for mine in [[row for row in rows[target] if row["arrival"] == arrival]]
    )

    assert [(arrival, target) for _, _, arrival, target in journeys] == [
        (arrival, target) for arrival, order in enumerate(orders) for target in order
    ]
    for one, following in pairwise(journeys):
        assert one[1] <= following[0], "nothing else is under way"
    assert {report.max_in_flight for report in reports.values()} == {1}
    for target in TARGETS:
        assert [row["endpoint"] for row in rows[target]] == ["GET /first", "GET /second"] * 12
        assert (reports[target].planned_arrivals, reports[target].sent_arrivals) == (12, 12)
        assert (reports[target].request_count, reports[target].drained) == (24, True)
    assert len(truth.log()) == 48


def test_service_time_is_the_response_time_and_think_times_are_left_out(drive):
    reports, rows, _ = take(drive(THINKING), arrivals=3)

    assert all(row["scheduled_ns"] == row["sent_ns"] for target in TARGETS for row in rows[target])
    spans = [report.ended_ns - report.started_ns for report in reports.values()]
    assert max(spans) < 30e9, "one think time alone is 100 s"


def test_time_ends_it_after_a_whole_arrival_and_the_rest_was_never_planned(truth, drive):
    truth.set("*", Behaviour(service_ms=50))
    reports, rows, _ = take(drive(THINKING), arrivals=500, limit_s=1.0)
    counts = {target: len({row["arrival"] for row in rows[target]}) for target in TARGETS}

    assert 1 <= counts["before"] == counts["after"] < 500
    for target in TARGETS:
        assert reports[target].planned_arrivals == reports[target].sent_arrivals == counts[target]


def test_a_slice_of_load_follows_as_ever(drive):
    driven = drive(THINKING.replace("self.wait()", "pass"))
    take(driven, arrivals=2)
    outcome = driven.run([Arrival(offset_ns=n * 10_000_000, seed=n) for n in range(10)])

    assert len(outcome.rows) == 20
    assert outcome.report.drained
