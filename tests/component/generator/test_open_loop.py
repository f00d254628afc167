"""Real Locust against a server of known truth. No bound here needs a fast machine."""

from random import Random

import pytest

from harness.model.plan import Arrival
from tests.component.generator.conftest import even_schedule
from tests.truth_server import Behaviour

PLAIN = """
    from locust import {client}, between, task

    class Visitor({client}):
        wait_time = between(100, 200)

        @task
        def visit(self):
            self.client.get("/page?id=1", name="/page")
"""


@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_a_plain_locust_file_is_driven_by_the_schedule_with_one_row_a_request(truth, drive, client):
    truth.set("*", Behaviour(service_ms=20, headers={"Server-Timing": 'app;dur=2.5, db;dur=1.5;desc="n=2"'}))
    schedule = even_schedule(30, over_s=1.0)
    outcome = drive(PLAIN.format(client=client)).run(schedule)
    started_ns = outcome.report.started_ns
    assert sorted(row["arrival"] for row in outcome.rows) == list(range(30))
    for row in outcome.rows:
        assert row["scheduled_ns"] == started_ns + schedule[row["arrival"]].offset_ns
        assert row["scheduled_ns"] <= row["sent_ns"] < row["first_byte_ns"] <= row["finished_ns"]
        assert (row["step"], row["journey"], row["endpoint"]) == (0, "visit", "GET /page")
        assert (row["method"], row["status"], row["error"]) == ("GET", 200, "")
        assert (row["response_bytes"], row["server_db_ms"], row["server_app_ms"]) == (12, 1.5, 2.5)
        assert (row["server_query_count"], row["server_middleware_ms"]) == (2, None)
    assert outcome.report.drained
    assert outcome.report.sent_arrivals == outcome.report.request_count == 30


@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_the_servers_own_log_lies_inside_each_row_one_to_one(truth, drive, client):
    truth.set("*", Behaviour(service_ms=5))
    text = f"""
        from locust import {client}, task

        class Visitor({client}):
            count = 0

            @task
            def visit(self):
                Visitor.count += 1
                with self.client.get(f"/page/{{Visitor.count}}", catch_response=True) as answer:
                    import time
                    time.sleep(0.05)  # what the scenario does with an answer is no part of it
                    answer.success()
    """
    outcome = drive(text).run(even_schedule(20, over_s=0.5))
    seen = {f"GET {request.path.removeprefix('/before')}": request for request in truth.log()}
    assert {row["endpoint"] for row in outcome.rows} == set(seen)
    assert len(outcome.rows) == len(seen) == 20
    for row in outcome.rows:
        request = seen[row["endpoint"]]
        assert row["sent_ns"] <= request.arrived_ns
        assert request.answered_ns <= row["finished_ns"]
        assert request.answered_ns - request.arrived_ns >= 5_000_000
    # half of the validation's 50 ms: a row that held it would be longer for every request
    fastest_ns = min(
        row["finished_ns"]
        - row["sent_ns"]
        - (seen[row["endpoint"]].answered_ns - seen[row["endpoint"]].arrived_ns)
        for row in outcome.rows
    )
    assert fastest_ns < 25_000_000


@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_a_redirect_is_one_row_that_ends_with_the_last_answer(truth, drive, client):
    target = {"Location": f"{truth.url}/there"}
    truth.set("/before/page", Behaviour(service_ms=30, status=302, headers=target))
    truth.set("/there", Behaviour(service_ms=40))
    outcome = drive(PLAIN.format(client=client)).run(even_schedule(3, over_s=0.5))
    assert [row["status"] for row in outcome.rows] == [200, 200, 200]
    assert all(row["first_byte_ns"] - row["sent_ns"] >= 70_000_000 for row in outcome.rows)
    assert len(truth.log()) == 6


def test_requests_go_on_as_planned_while_the_server_stalls(truth, drive):
    schedule = even_schedule(30, over_s=1.5)
    driven = drive(PLAIN.format(client="FastHttpUser"))
    truth.stall(at_request=5, for_s=1.0)
    outcome = driven.run(schedule, duration_s=1.5)
    ((stalled_ns, length_ns),) = truth.stalls()
    assert len(outcome.rows) == 30
    assert outcome.report.dropped_arrivals == 0
    due = [row for row in outcome.rows if stalled_ns < row["scheduled_ns"] < stalled_ns + length_ns]
    # 20 a second were due in the second of the stall: a closed loop would have sent one a user
    assert len(due) >= 15
    assert all(row["finished_ns"] >= stalled_ns + length_ns for row in due)
    assert outcome.report.max_in_flight >= 15


def test_a_queue_at_the_server_is_in_the_response_times_of_those_who_wait(truth, drive):
    truth.set("*", Behaviour(distribution="exponential", service_ms=20, seed=3))
    outcome = drive(PLAIN.format(client="FastHttpUser")).run(
        [Arrival(offset_ns=0, seed=number) for number in range(10)], duration_s=0.5
    )
    durations_ns = sorted(row["finished_ns"] - row["scheduled_ns"] for row in outcome.rows)
    total_service_ns = sum(Random(3).expovariate(1 / 20e6) for _ in range(1))
    assert durations_ns[-1] > durations_ns[0] + total_service_ns
    assert outcome.report.max_in_flight == 10


TWO_CLASSES = """
    import random
    from locust import FastHttpUser, HttpUser, TaskSet, between, task

    class Shopper(FastHttpUser):
        weight = 3
        wait_time = between(1, 2)
        rng = random.Random()

        @task(3)
        def look(self):
            self.client.get(f"/look?id={self.rng.randrange(1000)}", name="/look")
            self.client.get(f"/item?id={self.rng.randrange(1000)}", name="/item")

        @task
        class Basket(TaskSet):
            @task(2)
            def add(self):
                self.client.post(f"/add?id={random.randrange(1000)}", name="/add", json={"count": 1})

            @task
            def leave(self):
                self.interrupt()

    class Clerk(HttpUser):
        wait_time = between(1, 2)

        @task
        def list_orders(self):
            self.client.get("/orders")
"""


def test_both_targets_get_the_same_requests_from_the_same_schedule(truth, drive):
    driven = drive(TWO_CLASSES)
    # so far apart that one user takes all arrivals of its class: what it does next hangs on what it did last
    schedule = even_schedule(30, over_s=3.0)
    for target in ("before", "after"):
        outcome = driven.run(schedule, target=target, duration_s=3.0)
        assert outcome.report.sent_arrivals == 30
    paths = {"before": [], "after": []}
    for request in truth.log():
        _, target, path = request.path.split("/", 2)
        paths[target].append((request.method, path))
    assert sorted(paths["before"]) == sorted(paths["after"])
    assert {path.partition("?")[0] for _, path in paths["before"]} == {"look", "item", "add", "orders"}


def test_choices_within_a_journey_are_not_tied_to_the_choice_of_the_journey(truth, drive):
    driven = drive(TWO_CLASSES)
    driven.run(even_schedule(200, over_s=1.0))
    ids = [int(request.path.partition("id=")[2]) for request in truth.log() if "/look" in request.path]
    # drawn from the seed's first number, as the journey is, all would lie in the part that chose the journey
    assert min(ids) < 250
    assert max(ids) > 750


def test_an_interrupt_hands_its_arrival_to_the_next_task_so_that_every_arrival_sends(drive):
    outcome = drive(TWO_CLASSES).run(even_schedule(60, over_s=1.0))
    assert {row["arrival"] for row in outcome.rows} == set(range(60))


def test_the_steps_of_a_sequence_come_one_an_arrival_and_in_order(drive):
    text = """
        from locust import FastHttpUser, SequentialTaskSet, task

        class Buyer(FastHttpUser):
            @task
            class Purchase(SequentialTaskSet):
                @task
                def first(self):
                    self.client.get("/first")

                @task
                def second(self):
                    self.client.get("/second")
    """
    outcome = drive(text).run(even_schedule(6, over_s=1.2))
    assert [row["journey"] for row in outcome.rows] == ["first", "second"] * 3


def test_think_time_counts_from_the_end_of_the_step_before(truth, drive):
    truth.set("*", Behaviour(service_ms=30))
    text = """
        from locust import FastHttpUser, constant, task

        class Thinker(FastHttpUser):
            wait_time = constant(0.2)

            def think(self, seconds):
                raise AssertionError("the generator keeps the think times")

            @task
            def journey(self):
                self.client.get("/one")
                self.think(0.1)
                self.client.get("/two")
                self.wait()
                self.client.get("/three")
                self.client.get("/four")
    """
    rows = drive(text).run(even_schedule(1, over_s=1.0)).rows
    one, two, three, four = rows
    assert [row["step"] for row in rows] == [0, 1, 2, 3]
    assert two["scheduled_ns"] == one["finished_ns"] + 100_000_000
    assert three["scheduled_ns"] == two["finished_ns"] + 200_000_000
    assert four["scheduled_ns"] == four["sent_ns"]
    assert all(row["sent_ns"] >= row["scheduled_ns"] for row in rows)


def test_requests_of_on_start_are_no_samples(truth, drive):
    text = """
        from locust import FastHttpUser, task

        class Member(FastHttpUser):
            def on_start(self):
                self.client.get("/login")

            @task
            def visit(self):
                self.client.get("/page")
    """
    outcome = drive(text).run(even_schedule(5, over_s=0.5))
    assert [row["endpoint"] for row in outcome.rows] == ["GET /page"] * 5
    assert any(request.path.endswith("/login") for request in truth.log())


def test_a_client_of_the_scenarios_own_is_recorded_too(drive):
    text = """
        import time
        from locust import User, task

        class Caller(User):
            @task
            def call(self):
                start = time.perf_counter()
                time.sleep(0.03)
                self.environment.events.request.fire(
                    request_type="RPC", name="Call", response_length=7, exception=None, context={},
                    response_time=(time.perf_counter() - start) * 1e3,
                )
    """
    outcome = drive(text).run(even_schedule(4, over_s=0.4))
    assert [(row["endpoint"], row["error"], row["response_bytes"]) for row in outcome.rows] == [
        ("RPC Call", "", 7)
    ] * 4
    assert all(row["finished_ns"] - row["sent_ns"] >= 30_000_000 for row in outcome.rows)
    assert all(row["scheduled_ns"] <= row["sent_ns"] for row in outcome.rows)


def test_progress_is_told_while_a_slice_runs(drive):
    told = []
    drive(PLAIN.format(client="FastHttpUser")).run(
        even_schedule(20, over_s=2.0),
        duration_s=2.3,
        on_progress=lambda sent, done: told.append((sent, done)),
    )
    assert told
    assert all(0 <= done <= sent <= 20 for sent, done in told)


@pytest.mark.parametrize("client", ["FastHttpUser", "HttpUser"])
def test_an_endpoint_has_one_name_on_targets_with_different_base_paths(drive, client):
    text = f"""
        from locust import {client}, task

        class Visitor({client}):
            @task
            def visit(self):
                self.client.get("/page")
    """
    driven = drive(text)
    for target in ("before", "after"):
        rows = driven.run(even_schedule(1, over_s=0.1), target=target).rows
        assert [row["endpoint"] for row in rows] == ["GET /page"]
