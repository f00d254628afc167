"""From requests to verdicts: what is planted is found where it is, and nothing else.

Measurement.md, section 6. Six rounds of one slice for each side, in drawn order, by one generator; the
statistics and the gate are those of a run.
"""

import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from harness.gates.decide import judge_kpi
from harness.model.plan import Arrival
from harness.model.verdict import Kpi, Outcome, Target
from harness.plan.arrivals import poisson_arrivals, schedule_hash
from harness.plan.schedule import draw_rounds
from harness.stats.compare import compare
from harness.stats.measure import Load, measure_requests
from harness.store.samples import read_samples
from tests.component.generator.conftest import even_schedule
from tests.truth_server import Behaviour

ROOT = Path(__file__).parents[2]
BURST = 50
PAGES = """
    from locust import FastHttpUser, task

    class Visitor(FastHttpUser):
        count = 0

        @task
        def visit(self):
            Visitor.count += 1
            page = {pages!r}[Visitor.count % {count}]
            with self.client.get(f"/{{page}}", name=f"/{{page}}", catch_response=True) as answer:
                if answer.status_code == 200 and answer.text != '{{"ok": true}}':
                    answer.failure("wrong body")
"""


def scenario(pages):
    """Return a Locust file that asks for one page after the other and checks the answers."""
    return PAGES.format(pages=pages, count=len(pages))


@dataclass(frozen=True)
class SixRounds:
    """What six rounds compared."""

    comparisons: tuple

    def of(self, endpoint, metric="response_time", stat="p50"):
        key = (endpoint, metric, stat)
        return next(c for c in self.comparisons if (c.endpoint, c.metric, c.stat) == key)

    def outcome(self, target, *, endpoint="*", metric="response_time", stat="p50"):
        """Judge one target; `change <= +10 %` or `<= 1 %`."""
        is_change = target.startswith("change ")
        operator, value, unit = target.removeprefix("change ").split()
        kpi = Kpi(
            id="kpi",
            title="Kpi",
            why="",
            metric=metric,
            stat=stat,
            endpoint=endpoint,
            targets=(
                Target(text=target, is_change=is_change, operator=operator, value=float(value), unit=unit),
            ),
            is_blocking=True,
        )
        return judge_kpi(kpi, self.comparisons).verdict.outcome


@pytest.fixture
def six_rounds(drive):
    """Drive both targets through six rounds of a Locust file; return the comparisons."""

    def run(text, schedule_of, *, over_s, url=None):
        driven, measurements = drive(text, url=url), []
        for index in range(1, 7):
            schedule = schedule_of(index)
            for target in Random(index).sample(["before", "after"], 2):
                report = driven.run(schedule, target=target, duration_s=over_s, drain_s=30).report
                assert (report.dropped_arrivals, report.drained) == (0, True)
                measurements += measure_requests(
                    read_samples(driven.folder / f"{target}.arrow"),
                    variant_id=target,
                    round_index=index,
                    load=Load(duration_s=over_s, dropped_arrivals=0),
                )
        return SixRounds(compare(measurements, before="before", after="after", confidence=0.95))

    return run


def test_8_faster_answers_that_are_wrong_fail_on_errors_and_are_no_improvement(truth, six_rounds):
    truth.set("*", Behaviour(service_ms=20))
    truth.set("/after/failing", Behaviour(status=500))
    truth.set("/after/empty", Behaviour(body=""))
    truth.set("/after/other", Behaviour(body='{"ok": false}'))
    pages = ["failing", "empty", "other"]
    found = six_rounds(scenario(pages), lambda i: even_schedule(30, over_s=0.3, seed=i), over_s=0.3)
    assert found.outcome("<= 0.5 %", metric="error_share", stat="share") is Outcome.FAILED
    for page in pages:
        assert found.of(f"GET /{page}", "error_share", "share").after.value == 100
        assert found.of(f"GET /{page}").change is None
        assert found.outcome("change <= -50 %", endpoint=f"GET /{page}") is Outcome.NO_DATA


def test_12_the_order_is_a_fair_coin_and_both_sides_get_one_schedule():
    rounds = draw_rounds(["before", "after"], rounds=400, couples=1, slice_s=1, warm_up_s=0, seed=1)
    for first in ([r.places[0] for r in rounds], [r.slices[0].variant_id for r in rounds]):
        # 99.99 % of a fair coin's counts
        assert abs(first.count("before") - 200) <= 3.9 * math.sqrt(400) / 2
    for round_ in rounds:
        hashes = {
            schedule_hash(poisson_arrivals(rate=20, duration_s=1, seed=s.schedule_seed))
            for s in round_.slices
        }
        assert len(hashes) == 1


def test_18_a_lock_shows_under_concurrency_only(truth, six_rounds):
    """A global lock around a section of 10 ms: one at a time nobody waits, of fifty at once most do."""
    truth.set("/before/page", Behaviour(service_ms=10))
    truth.set("/after/page", Behaviour(service_ms=10, is_queue=True))
    text = scenario(["page"])

    def bursts(index):
        return [
            Arrival(offset_ns=(n // BURST) * 550_000_000, seed=index * 1000 + n) for n in range(2 * BURST)
        ]

    alone = six_rounds(text, lambda i: even_schedule(10, over_s=0.4, seed=i), over_s=0.4)
    together = six_rounds(text, bursts, over_s=1.1)
    assert alone.outcome("change <= +300 %", metric="service_time") is Outcome.PASSED
    assert together.of("*", stat="p95").after.value > 80
    assert together.outcome("change <= +10 %", stat="p95") is Outcome.FAILED


@pytest.mark.long
def test_19_of_twenty_pages_the_slow_one_is_named_and_no_other(truth, six_rounds):
    pages = [f"page-{number:02}" for number in range(20)]
    truth.set("*", Behaviour(service_ms=20))
    truth.set("/after/page-13", Behaviour(service_ms=100))
    found = six_rounds(scenario(pages), lambda i: even_schedule(200, over_s=1, seed=i), over_s=1)
    verdicts = {page: found.outcome("change <= +100 %", endpoint=f"GET /{page}") for page in pages}
    assert {page for page, outcome in verdicts.items() if outcome is Outcome.FAILED} == {"page-13"}


def test_20_database_time_and_one_more_query_are_found_exactly_and_middleware_is_not_blamed(
    truth, six_rounds
):
    timing = 'app;dur={app}, mw;dur=5, db;dur={db};desc="n={n}"'
    truth.set("/before/page", Behaviour(headers={"Server-Timing": timing.format(app=20, db=3, n=4)}))
    truth.set("/after/page", Behaviour(headers={"Server-Timing": timing.format(app=27, db=10, n=5)}))
    found = six_rounds(scenario(["page"]), lambda i: even_schedule(20, over_s=0.2, seed=i), over_s=0.2)
    for metric, stat, before, after in (
        ("db_time", "p50", 3, 10),
        ("middleware_time", "p50", 5, 5),
        ("query_count", "mean", 4, 5),
    ):
        seen = found.of("*", metric, stat)
        assert (seen.before.value, seen.after.value) == pytest.approx((before, after))
    assert found.outcome("change <= +0 %", metric="middleware_time") is Outcome.PASSED
    assert found.outcome("change <= +10 %", metric="query_count", stat="mean") is Outcome.FAILED


@pytest.mark.long
def test_20_seven_milliseconds_of_a_real_database_are_found_to_a_third_of_one(postgres_url, six_rounds):
    command = [sys.executable, "-m", "tests.known_truth.database_server", postgres_url]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        schedule = lambda index: even_schedule(40, over_s=2, seed=index)  # noqa: E731
        found = six_rounds(scenario(["page"]), schedule, over_s=2, url=url)
        server.stdin.close()
    database, middleware = found.of("*", "db_time"), found.of("*", "middleware_time")
    queries = found.of("*", "query_count", "mean")
    assert database.after.value - database.before.value == pytest.approx(7, abs=0.3)
    assert middleware.after.value - middleware.before.value == pytest.approx(0, abs=0.3)
    assert (queries.before.value, queries.after.value) == (1, 2)
    assert found.outcome("change <= +10 %", metric="query_count", stat="mean") is Outcome.FAILED
