"""Seeded simulations: the intervals hold their error rate, and the gate does not cry wolf.

Tolerances are four standard errors of the simulation itself: at these seeds the numbers never move.
"""

import math

import numpy as np
import pytest

from harness.gates.decide import judge_kpi
from harness.gates.kpi_file import parse_target
from harness.model.measurement import Measurement
from harness.model.verdict import Kpi, Outcome
from harness.stats.compare import compare
from harness.stats.proportion import clopper_pearson
from harness.stats.signed_rank import signed_rank_interval

EXACT = {6: 1 - 2 / 2**6, 8: 1 - 2 * 5 / 2**8, 12: 1 - 2 * 87 / 2**12}
"""Coverage of the 95 % interval by counting sign flips: never below nominal."""


def noise(source, shape, world):
    """Draw differences of two equal builds; the coin of each round makes them symmetric."""
    sizes = {
        "normal": lambda: source.normal(0, 1, shape),
        "spiky": lambda: source.standard_t(1.5, shape),
        "skewed": lambda: source.lognormal(0, 1.5, shape) * source.choice([-1, 1], shape),
    }
    return sizes[world]()


@pytest.mark.parametrize("world", ["normal", "spiky", "skewed"])
@pytest.mark.parametrize("rounds", [6, 8, 12])
def test_the_interval_of_two_equal_builds_covers_no_change_as_often_as_it_says(rounds, world):
    trials = 3000
    rows = noise(np.random.default_rng(rounds), (trials, rounds), world)

    intervals = [signed_rank_interval(row, 0.95) for row in rows]

    covered = sum(interval is not None and interval.low <= 0 <= interval.high for interval in intervals)
    error = math.sqrt(EXACT[rounds] * (1 - EXACT[rounds]) / trials)
    assert EXACT[rounds] >= 0.95
    assert covered / trials == pytest.approx(EXACT[rounds], abs=4 * error)


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3])
def test_the_interval_of_a_share_covers_it_at_least_as_often_as_it_says(share):
    counts = np.random.default_rng(1).binomial(1000, share, size=2000)

    intervals = {one: clopper_pearson(int(one), 1000, 0.95) for one in np.unique(counts)}
    covered = sum(intervals[one].low <= share <= intervals[one].high for one in counts)

    assert covered / 2000 >= 0.95 - 4 * math.sqrt(0.05 * 0.95 / 2000)


def verdicts(*, true_ratio, target, trials, rounds, seed):
    """Judge many runs whose rounds drift by 15 % together and by 5 % each on its own."""
    source = np.random.default_rng(seed)
    kpi = Kpi(
        id="k", title="K", why="", metric="response_time", stat="p50", endpoint="*", is_blocking=True,
        targets=(parse_target(target, "ms"),),
    )  # fmt: skip
    for _ in range(trials):
        drift = source.lognormal(0, 0.15, rounds)
        runs = {
            "before": 100 * drift * source.lognormal(0, 0.05, rounds),
            "after": 100 * true_ratio * drift * source.lognormal(0, 0.05, rounds),
        }
        measurements = [
            Measurement(
                variant_id=variant, round_index=index, endpoint="*", metric="response_time", stat="p50",
                value=float(value), sample_count=100,
            )
            for variant, values in runs.items()
            for index, value in enumerate(values)
        ]  # fmt: skip
        comparisons = compare(measurements, before="before", after="after", confidence=0.95)
        yield judge_kpi(kpi, comparisons).verdict.outcome


def count(outcome, found):
    return sum(one is outcome for one in found)


def test_two_equal_builds_never_pass_as_60_percent_faster():
    found = list(verdicts(true_ratio=1.0, target="change <= -60 %", trials=100, rounds=6, seed=1))

    assert count(Outcome.FAILED, found) == 100


def test_a_fall_of_68_percent_is_proven_to_be_60_percent_by_six_rounds():
    found = list(verdicts(true_ratio=0.32, target="change <= -60 %", trials=100, rounds=6, seed=2))

    assert count(Outcome.PASSED, found) >= 95
    assert count(Outcome.FAILED, found) == 0


@pytest.mark.parametrize("rounds", [6, 8, 12])
def test_a_change_exactly_at_the_target_passes_or_fails_no_oftener_than_the_interval_allows(rounds):
    trials = 200
    found = list(
        verdicts(true_ratio=0.4, target="change <= -60 %", trials=trials, rounds=rounds, seed=rounds)
    )

    most = trials * 0.025 + 4 * math.sqrt(trials * 0.025 * 0.975)
    assert count(Outcome.PASSED, found) <= most
    assert count(Outcome.FAILED, found) <= most
