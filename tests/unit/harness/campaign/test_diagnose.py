"""The plan that compares a variant with itself, and what is read from its results."""

import pytest

from harness.campaign.diagnose import as_another, noise_floors, plan_against_itself
from harness.errors import UsageError
from harness.model.variant import DatabaseRecipe, Variant
from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment


@pytest.fixture
def quick():
    return plan_experiment(read_experiment(find_experiment("quick")), Overrides())


def test_the_first_variant_meets_itself_with_the_same_commands(quick):
    plan = plan_against_itself(quick, 3)
    first, again = plan.variants

    assert (first.id, again.id) == ("before", "again")
    assert again.command == tuple(word.replace("{variant}", "before") for word in first.command)
    assert len(plan.rounds) == 6
    assert {piece.variant_id for piece in plan.rounds[0].slices} == {"before", "again"}


def test_more_minutes_give_more_couples(quick):
    def couples(minutes):
        return max(piece.couple for piece in plan_against_itself(quick, minutes).rounds[0].slices)

    assert couples(10) > couples(3)


def test_too_few_minutes_are_told(quick):
    with pytest.raises(UsageError, match="too short to compare before with itself"):
        plan_against_itself(quick, 0.5)


def test_the_database_is_that_of_the_first_variant():
    recipe = DatabaseRecipe(fingerprint=("print", "{variant}"), load=("load", "{variant}", "{scale}"))
    again = as_another(
        Variant(id="old", title="Old", command=("serve", "{variant}"), database=recipe), "again"
    )

    assert again.command == ("serve", "old")
    assert again.database == DatabaseRecipe(fingerprint=("print", "old"), load=("load", "old", "{scale}"))


def test_only_the_whole_mix_and_what_could_be_resolved_make_a_noise_floor():
    change = {"value": 0.5, "low": -3.0, "high": 4.0, "unit": "%", "sample_count": 6}
    comparisons = [
        {"endpoint": "*", "metric": "response_time", "stat": "p50", "change": change},
        {"endpoint": "*", "metric": "response_time", "stat": "p95", "change": None},
        {"endpoint": "GET /", "metric": "service_time", "stat": "p50", "change": change},
    ]
    floors = list(noise_floors({"comparisons": comparisons, "rounds": [{}] * 6}, minutes=3))

    assert [(floor.title, floor.rounds) for floor in floors] == [("response time p50", 6)]
