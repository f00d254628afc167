"""What of a plan is still to be measured."""

from dataclasses import replace

from harness.campaign.remaining import remaining_rounds
from tests.statistics.synthetic_run import SyntheticRun

RUN = SyntheticRun(rounds=2, couples=2)


def finished(tmp_path, *, slices):
    """Give the plan of a run of 2 rounds, and its summaries up to so many slices of the second round."""
    folder = replace(RUN, finished_slices=slices).write(tmp_path / "run")
    return RUN._plan(), folder.finished_slices()


def couples_left(plan, found):
    return [
        (one.round_.index, sorted({piece.couple for piece in one.round_.slices}))
        for one in remaining_rounds(plan, found)
    ]


def test_of_a_new_run_everything_remains():
    plan = RUN._plan()
    remaining = remaining_rounds(plan, ())

    assert [one.round_ for one in remaining] == list(plan.rounds)
    assert all(not one.kept for one in remaining)


def test_of_a_whole_run_nothing_remains(tmp_path):
    assert remaining_rounds(*finished(tmp_path, slices=6)) == ()


def test_a_whole_couple_stays_and_the_warm_up_is_run_again(tmp_path):
    plan, found = finished(tmp_path, slices=4)
    (one,) = remaining_rounds(plan, found)

    assert couples_left(plan, found) == [(2, [-1, 1])]
    assert {index for _variant, index in one.kept} == {2, 3}
    assert {variant for variant, _index in one.kept} == {"before", "after"}


def test_a_couple_of_which_one_slice_is_there_is_run_again_as_a_whole(tmp_path):
    assert couples_left(*finished(tmp_path, slices=5)) == [(2, [-1, 1])]


def test_a_couple_whose_slices_are_of_two_attempts_is_run_again(tmp_path):
    plan, found = finished(tmp_path, slices=6)
    *rest, (index, last) = found
    mixed = [*rest, (index, replace(last, attempt=2))]

    assert couples_left(plan, mixed) == [(2, [-1, 1])]
