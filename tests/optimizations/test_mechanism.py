"""Any subset of optimizations is a variant; `before` is none, `after` is all, phases are prefixes."""

from itertools import combinations
from pathlib import Path

import pytest

from reference_app.failure import StartError
from reference_app.legacy.components import BEFORE
from reference_app.optimizations import ALL
from reference_app.optimizations.optimization import PHASES
from reference_app.variants import build

IDS = [optimization.id for optimization in ALL]


def test_before_is_the_empty_set_and_after_is_all() -> None:
    assert build("before").optimizations == ()
    assert build("before").components == BEFORE
    assert build("after").optimizations == ALL


def test_phases_are_prefixes_of_the_rollout() -> None:
    sizes = [len(build(phase).optimizations) for phase in PHASES]

    assert sizes == sorted(sizes)
    for phase, size in zip(PHASES, sizes, strict=True):
        assert build(phase).optimizations == ALL[:size]
    assert sizes[-1] == len(ALL)


def test_all_is_in_rollout_order_with_distinct_ids() -> None:
    phases = [PHASES.index(optimization.phase) for optimization in ALL]

    assert phases == sorted(phases)
    assert len(set(IDS)) == len(IDS)


def test_a_subset_is_reached_by_adding_and_by_leaving_out() -> None:
    few = (0, 1, 2)
    for size in (*few, *(len(ALL) - size for size in few)):
        for chosen in combinations(IDS, size):
            added = build("before", added=chosen)
            left = build("after", removed=[name for name in IDS if name not in chosen])
            assert [optimization.id for optimization in added.optimizations] == list(chosen)
            assert added.optimizations == left.optimizations


def test_the_order_of_installation_does_not_matter() -> None:
    # Neighbours that can be swapped give every order.
    for one, other in combinations(ALL, 2):
        for start in (BEFORE, build("after").components):
            assert one.install(other.install(start)) == other.install(one.install(start))


def test_every_optimization_changes_something_and_names_its_decision_record() -> None:
    for optimization in ALL:
        assert optimization.install(BEFORE) != BEFORE
        assert "\n" not in optimization.hypothesis
        assert (Path(__file__).parents[2] / optimization.adr).is_file()


def test_an_optimization_cannot_be_both_added_and_left_out() -> None:
    with pytest.raises(StartError, match="both added and left out"):
        build("before", added=["indexes"], removed=["indexes"])


def test_a_name_can_add_and_leave_out() -> None:
    named = build("p3+uvloop-indexes-set_based_sql")
    told = build("p3", added=["uvloop"], removed=["indexes", "set_based_sql"])

    assert named == told
    assert named.id == "p3+uvloop-indexes-set_based_sql"
    with pytest.raises(StartError, match="no optimization 'magic'"):
        build("before+magic")
