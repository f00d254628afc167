"""Each row beside what the truth server noted of the same request: whose is a delay?

A busy machine makes the server late as well as the generator. The server's record says when each answer was
made and when it was with the kernel, so that only what lies beyond is the generator's; and of that the
generator's self-check must have told. These statements hold on any machine, and for no generator that starts
late, sends less or measures from the wrong moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from harness.model.plan import Arrival
from tests.component.generator.conftest import Outcome
from tests.known_truth.theory import quantile_ms
from tests.truth_server import SeenRequest, TruthClient

NUMBERED = """
    from locust import {client}, task

    class Visitor({client}):
        rng = None  # the generator's: seeded by the arrival, so that each has an address of its own

        @task
        def visit(self):
            self.client.get(f"/page?id={{self.rng.getrandbits(60)}}")
"""
"""One request an arrival, each of which can be found again in the server's record."""

MOST_READING_MS = 10
"""From the answer with the kernel to the row's end, in the fastest tenth: a busy machine may take that long
for some, but not for all."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as planned, as recorded and as the server saw it."""

    planned_ns: int
    row: dict[str, Any]
    seen: SeenRequest

    @property
    def response_ns(self) -> int:
        """What the harness says that it took."""
        finished_ns: int = self.row["finished_ns"]
        scheduled_ns: int = self.row["scheduled_ns"]
        return finished_ns - scheduled_ns

    @property
    def true_response_ns(self) -> int:
        """What the server made its client wait, counted from the plan."""
        return self.seen.gone_ns - self.planned_ns


def exchanges(
    schedule: Sequence[Arrival], outcome: Outcome, truth: TruthClient, *, target: str = "before"
) -> list[Exchange]:
    """Return every request of a slice in order of the plan; each must be there once on both sides."""
    prefix = f"/{target}"
    seen = {f"GET {one.path.removeprefix(prefix)}": one for one in truth.log() if one.path.startswith(prefix)}
    rows = sorted(outcome.rows, key=lambda row: row["arrival"])
    assert [row["arrival"] for row in rows] == list(range(len(schedule)))
    assert sorted(row["endpoint"] for row in rows) == sorted(seen)
    started_ns = outcome.report.started_ns
    return [
        Exchange(started_ns + arrival.offset_ns, row, seen[row["endpoint"]])
        for arrival, row in zip(schedule, rows, strict=True)
    ]


def assert_true(found: Sequence[Exchange], outcome: Outcome) -> None:
    """Assert what holds for any right generator, however busy the machine."""
    for one in found:
        assert one.row["scheduled_ns"] == one.planned_ns
        assert one.planned_ns <= one.row["sent_ns"] <= one.seen.arrived_ns
        assert one.seen.answered_ns <= one.row["finished_ns"]
    starts_ns = [one.row["sent_ns"] - one.planned_ns for one in found]
    assert outcome.report.start_lag_ms.max == pytest.approx(max(starts_ns) / 1e6)
    reading_ns = [one.row["finished_ns"] - one.seen.gone_ns for one in found]
    assert quantile_ms(reading_ns, 0.1) < MOST_READING_MS


def most_lag_ms(outcome: Outcome) -> float:
    """Return the longest delays that the generator itself owned up to."""
    return outcome.report.start_lag_ms.max + outcome.report.loop_lag_ms.max
