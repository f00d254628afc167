"""Users instead of a rate: the server decides how much it is asked."""

from harness.model.plan import ClosedLoop
from tests.truth_server import Behaviour

SHOP = """
    import random
    from locust import FastHttpUser, constant, task

    class Shopper(FastHttpUser):
        wait_time = constant(0.05)
        rng = random.Random()

        @task
        def look(self):
            self.client.get(f"/look?id={self.rng.randrange(1000)}", name="/look")
            self.think(0.02)
            self.client.get(f"/item?id={self.rng.randrange(1000)}", name="/item")

        def think(self, seconds):
            raise AssertionError("the generator keeps the think times")
"""


def requests_of(truth, target):
    """Return what one target was asked, without its base path, in the order of asking."""
    seen = sorted(truth.log(), key=lambda request: request.arrived_ns)
    return [r.path.removeprefix(f"/{target}") for r in seen if r.path.startswith(f"/{target}/")]


def test_so_many_users_are_busy_at_a_time_and_each_rests_between_tasks(truth, drive):
    truth.set("*", Behaviour(service_ms=20))
    outcome = drive(SHOP).run([], duration_s=1.5, closed_loop=ClosedLoop(users=3, seed=1))
    report, rows = outcome.report, outcome.rows
    assert report.max_in_flight == 3
    assert report.drained
    assert report.planned_arrivals == report.sent_arrivals == len(rows) / 2
    # a turn takes at least 2 x 20 ms of service, 20 ms of thinking and 50 ms of rest
    assert 3 <= report.sent_arrivals <= 3 * (1.5 / 0.11 + 1)
    assert [row["scheduled_ns"] - row["sent_ns"] for row in rows] == [0] * len(rows)
    assert report.start_lag_ms.max == report.late_arrivals == 0


def test_a_stall_silences_a_closed_loop_which_is_why_it_cannot_see_it(truth, drive):
    driven = drive(SHOP)
    truth.stall(at_request=12, for_s=1.0)
    rows = driven.run([], duration_s=1.2, closed_loop=ClosedLoop(users=3, seed=1)).rows
    ((stalled_ns, length_ns),) = truth.stalls()
    met = [row for row in rows if row["sent_ns"] < stalled_ns + length_ns <= row["finished_ns"]]
    assert 1 <= len(met) <= 3


def test_both_targets_get_the_same_actions_from_the_same_seed(truth, drive):
    driven = drive(SHOP)
    for target in ("before", "after"):
        driven.run([], target=target, duration_s=0.6, closed_loop=ClosedLoop(users=2, seed=7))
    before, after = requests_of(truth, "before"), requests_of(truth, "after")
    common = min(len(before), len(after)) - 4  # the last turns of one side may be missing on the other
    assert common > 4
    assert len(set(before[:common]) ^ set(after[:common])) <= 4
