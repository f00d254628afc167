"""The experiments of the rollout hold what they promise: every phase, every optimization alone, both ways."""

import pytest

from harness.model.plan import Plan
from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment
from reference_app.optimizations import ALL
from reference_app.variants import VARIANTS, build

IDS = [optimization.id for optimization in ALL]


def planned(name: str) -> Plan:
    return plan_experiment(read_experiment(find_experiment(name)), Overrides())


def test_phases_holds_every_variant_of_the_rollout_in_order() -> None:
    assert tuple(variant.id for variant in planned("phases").variants) == VARIANTS


@pytest.mark.parametrize(
    ("name", "first", "sign", "last"),
    [("ablation", "before", "+", "after"), ("ablation-after", "after", "-", "before")],
)
def test_ablation_changes_one_optimization_at_a_time(name: str, first: str, sign: str, last: str) -> None:
    expected = [first, *(f"{first}{sign}{optimization}" for optimization in IDS), last]

    assert [variant.id for variant in planned(name).variants] == expected


@pytest.mark.parametrize(("name", "minutes"), [("phases", 20), ("ablation", 20), ("ablation-after", 20)])
def test_the_load_alone_leaves_time_to_start_and_rest(name: str, minutes: float) -> None:
    plan = planned(name)
    load_s = sum(slice_.duration_s for round_ in plan.rounds for slice_ in round_.slices)

    assert load_s < 60 * minutes
    assert len(plan.rounds) >= 6  # the fewest that give a 95 % interval


@pytest.mark.parametrize("name", ["ablation", "ablation-after"])
def test_the_names_of_ablation_are_builds_of_one_optimization_more_or_less(name: str) -> None:
    for variant in planned(name).variants:
        assert len(build(variant.id).optimizations) in {0, 1, len(ALL) - 1, len(ALL)}
