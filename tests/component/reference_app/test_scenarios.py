"""After each shipped scenario nothing in the database breaks a rule, and what clients were told is there."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from harness.drive.locust_driver import LocustDriver
from reference_app.storage.invariants import find_breaches
from reference_app.variants import VARIANTS, build, variant_ids
from tests.component.generator.conftest import even_schedule, read_rows
from tests.component.reference_app.backends import Backend, serve_and
from tests.component.reference_app.conftest import Clone

SCENARIOS = Path(__file__).parents[3] / "scenarios"
ARRIVALS = {
    "booking_day": 60, "booking_rush": 60, "busy_day": 20, "orderly_callers": 20, "overload": 10,
    "owner_dashboard": 12, "payments_outage": 20, "v1_clients": 40,
}  # fmt: skip
CREATES = set(ARRIVALS) - {"owner_dashboard"}
NO_SCENARIO = {"__init__", "abuser"}
REFUSED = 503
"""What a variant with a door may answer when it is asked more than this machine can do."""
SHORT = "after"
"""The variants in front of it are left to the long tests."""


def test_every_scenario_is_here() -> None:
    assert set(ARRIVALS) == {path.stem for path in SCENARIOS.glob("*.py")} - NO_SCENARIO


@pytest.mark.parametrize(
    "variant",
    [variant if variant == SHORT else pytest.param(variant, marks=pytest.mark.long) for variant in VARIANTS],
)
def test_after_each_scenario_no_rule_is_broken_and_whatever_a_client_was_told_is_there(
    variant: str, clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCENARIO_SEEN_FOLDER", str(tmp_path))
    components = build(variant).components
    url = clone(components.migrations)
    may_refuse = "request_throttler" in variant_ids(variant)

    async def drive_all(backend: Backend) -> None:
        seen_file = tmp_path / f"{urlsplit(backend.url).port}.txt"
        told_before = 0
        for scenario, arrivals in ARRIVALS.items():
            wrong = await asyncio.to_thread(_drive, scenario, arrivals, backend, tmp_path)
            assert [row for row in wrong if not (may_refuse and row["status"] == REFUSED)] == []
            seen = seen_file.read_text("utf-8").splitlines()
            assert (len(seen) > told_before) == (scenario in CREATES), scenario
            assert await _breaches(url, seen) == [], scenario
            told_before = len(seen)

    serve_and(components, url, drive_all)


def _drive(scenario: str, arrivals: int, backend: Backend, folder: Path) -> list[dict[str, Any]]:
    """Drive a scenario; answer the requests that went wrong."""
    samples = folder / f"{scenario}.arrow"
    targets = {"it": backend.url}
    with LocustDriver(SCENARIOS / f"{scenario}.py", targets, log_path=folder / "log") as driver:
        report = driver.run_slice(
            "it", even_schedule(arrivals, over_s=2), duration_s=2, samples=samples, drain_s=60
        )
    assert report.drained
    return [row for row in read_rows(samples) if row["error"]]


async def _breaches(url: str, seen: list[str]) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return await find_breaches(connection, seen)
    finally:
        await connection.close()
