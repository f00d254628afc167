"""Whole runs in synthetic worlds, judged by the project's own code; `make benchmarks` has it large.

Small and seeded: the numbers never move, and the limits leave room for four standard errors of so few runs.
"""

from collections import Counter

import numpy as np
import pytest

from harness.model.verdict import Outcome
from harness.stats.columns import Columns
from harness.stats.pairs import calm_couples, pair_requests, slice_quantiles, typical_ratios
from harness.stats.percentiles import quantile
from tests.statistics.worlds import (
    COUPLES,
    WORLDS,
    Effect,
    Tolerances,
    judge_runs,
    naive_mann_whitney,
    naive_p95,
    reduce,
    simulate,
    stored,
)
from tests.unit.harness.stats.test_measure import columns

NOTHING = Effect()
NARROW = Tolerances(service=5, load=10)


def outcomes(world, effect, *, runs=20, rounds=12, seed=1, **how):
    found = judge_runs(WORLDS[world], effect, runs=runs, rounds=rounds, seed=seed, **how)
    return Counter(verdict.outcome for verdict, _ in found)


@pytest.mark.parametrize("world", WORLDS)
def test_the_same_build_twice_is_never_failed(world):
    assert outcomes(world, NOTHING)[Outcome.FAILED] == 0


def test_on_a_quiet_machine_the_same_build_twice_passes_in_half_an_hour():
    assert outcomes("quiet", NOTHING)[Outcome.PASSED] >= 17


def test_ten_percent_more_service_time_are_failed_in_an_hour_and_never_passed():
    found = outcomes(
        "noisy", Effect(service_ratio=1.10), rounds=24, tolerances=Tolerances(service=5, load=10)
    )

    assert found[Outcome.FAILED] >= 17
    assert found[Outcome.PASSED] == 0


def test_a_change_exactly_at_the_tolerance_hardly_ever_passes():
    assert outcomes("quiet", Effect(service_ratio=1.075), runs=40)[Outcome.PASSED] <= 5


@pytest.mark.parametrize(
    "effect",
    [Effect(hung_share=0.01), Effect(stall_every_s=30)],
    ids=["1 % hang 300 ms", "1 s stall each 30 s"],
)
def test_what_happens_seldom_and_in_after_alone_is_failed(effect):
    assert outcomes("noisy", effect)[Outcome.FAILED] >= 17


def test_early_looks_end_runs_early_and_fail_nothing_that_is_equal():
    found = list(judge_runs(WORLDS["quiet"], NOTHING, runs=20, rounds=24, seed=2, looks=(8, 12, 18, 24)))

    assert sum(verdict.outcome is Outcome.FAILED for verdict, _ in found) == 0
    assert sum(rounds < 24 for _, rounds in found) >= 15


def test_swapped_labels_mirror_every_ratio():
    there = simulate(WORLDS["noisy"], Effect(service_ratio=1.3), runs=2, rounds=8, seed=3)
    back = type(there)(
        pairs_ms=there.pairs_ms[:, :, ::-1], load_ms=there.load_ms[:, :, ::-1], disturbance=there.disturbance
    )
    for key, (values, _) in reduce(there).ratios.items():
        assert reduce(back).ratios[key][0] == pytest.approx(-values)


def test_the_naive_rules_cry_wolf_where_ours_does_not():
    runs = simulate(WORLDS["harsh"], NOTHING, runs=40, rounds=12, seed=4, has_fresh_starts=False)

    assert naive_p95(runs).mean() > 0.1
    assert naive_mann_whitney(runs).mean() > 0.1


def test_the_simulation_computes_what_the_analysis_computes():
    simulated = simulate(WORLDS["vm"], Effect(service_ratio=1.2), runs=1, rounds=6, seed=5)
    measurements, ratios = stored(reduce(simulated), 0)
    levels = {(m.metric, m.stat, m.variant_id, m.round_index): m.value for m in measurements}
    log_ratios = {(r.metric, r.stat, r.round_index): r.log_ratio for r in ratios}
    names = {"baseline": "before", "variant": "after", "round_index": 2}

    def samples(side):
        return [_columns(simulated.load_ms[0, 2, side, couple]) for couple in range(COUPLES)]

    slices = [dict(enumerate(map(slice_quantiles, samples(side)))) for side in (0, 1)]
    for found in typical_ratios(*slices, **names):
        assert log_ratios["response_time", found.stat, 2] == pytest.approx(found.log_ratio, rel=1e-4)
    alone = [_columns(simulated.pairs_ms[0, 2, side]) for side in (0, 1)]
    mix = next(found for found in pair_requests(*alone, **names) if found.endpoint == "*")
    assert log_ratios["unloaded_time", "p50", 2] == pytest.approx(mix.log_ratio, rel=1e-4)
    calm = calm_couples(dict(enumerate(simulated.disturbance[0, 2])))
    in_calm = np.concatenate([simulated.load_ms[0, 2, 1, couple] for couple in calm])
    assert levels["response_time", "p95_calm", "after", 2] == quantile(in_calm, 0.95)
    assert levels["response_time", "p99", "after", 2] == quantile(simulated.load_ms[0, 2, 1].ravel(), 0.99)


def _columns(times_ms) -> Columns:
    return columns(["GET /a"] * len(times_ms), times_ms)
