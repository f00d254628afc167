"""Experiment files: every fault with its line, overrides, built-in experiments."""

import textwrap

import pytest

from harness.documents import DocumentError
from harness.errors import UsageError
from harness.model.plan import Stage, Workers
from harness.plan.experiment import (
    Overrides,
    built_in_experiments,
    find_experiment,
    plan_experiment,
    read_experiment,
)
from harness.plan.plan_file import dump_plan, load_plan


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(textwrap.dedent(text))
        (tmp_path / "load.py").write_text("")
        (tmp_path / "kpis.yaml").write_text("")
        return path

    return write


GOOD = """\
    schema_version: 1
    id: mine
    variants:
      - {id: before, url: "http://127.0.0.1:1/"}
      - {id: after, command: [serve, "{port}"], ready_path: /up}
    load: {scenario: load.py, rate: 12.5}
    """


@pytest.mark.parametrize("name", built_in_experiments())
def test_every_built_in_experiment_can_be_planned(name):
    plan = plan_experiment(read_experiment(find_experiment(name)), Overrides())

    first = {"ablation-after": "after", "instance_killed": "one_process"}.get(name, "before")
    assert plan.variants[0].id == first
    assert load_plan(dump_plan(plan)) == plan


def test_paths_count_from_the_experiments_own_folder(write, tmp_path):
    plan = plan_experiment(read_experiment(write(GOOD)), Overrides())

    assert plan.scenario.locustfile == str(tmp_path / "load.py")
    assert plan.kpi_file == str(tmp_path / "kpis.yaml")


def test_a_url_variant_has_no_command_and_a_command_variant_no_url(write):
    before, after = plan_experiment(read_experiment(write(GOOD)), Overrides()).variants

    assert (before.url, before.command) == ("http://127.0.0.1:1", ())
    assert (after.url, after.command, after.ready_path) == ("", ("serve", "{port}"), "/up")


def test_the_command_line_overrides_the_file(write):
    plan = plan_experiment(read_experiment(write(GOOD)), Overrides(seed=9, rate=3, rounds=2, scale=0.1))

    assert (plan.seed, plan.scenario.rate, len(plan.rounds), plan.scale) == (9, 3, 2, 0.1)


def test_every_fault_is_told_at_once_with_its_line(write):
    path = write(
        """\
        schema_version: 1
        id: mine
        variants:
          - {id: before, url: "http://127.0.0.1:1"}
          - {id: "a b", url: "ftp://x"}
        load: {scenario: load.py, rate: -1}
        round: 6
        """
    )
    with pytest.raises(DocumentError) as caught:
        read_experiment(path)

    message = caught.value.message
    assert f"{path}:5: variants.1.id: 'a b' does not match" in message
    assert f"{path}:5: variants.1.url: 'ftp://x' does not match" in message
    assert f"{path}:6: load.rate: -1 is less than or equal to the minimum of 0" in message
    assert f"{path}:7: unknown key 'round'; known are" in message
    assert "4 faults" in message


def test_malformed_yaml_is_told_with_its_line(write):
    path = write("schema_version: 1\nid: [mine\nvariants: 3\n")
    with pytest.raises(DocumentError, match=r"mine\.yaml:3: not YAML"):
        read_experiment(path)


@pytest.mark.parametrize(
    "text", ["variants: 3", "variants: [1, {id: [a]}]", "target: 4", "target: [command]\nvariants: {id: 3}"]
)
def test_any_shape_is_a_fault_and_no_crash(write, text):
    with pytest.raises(DocumentError, match="schema_version"):
        read_experiment(write(text))


@pytest.mark.parametrize("text", ["", "just words", "- 1\n- 2\n"])
def test_a_document_that_is_no_mapping_is_refused(write, text):
    with pytest.raises(DocumentError, match="is not of type 'object'"):
        read_experiment(write(text))


def test_a_key_given_twice_is_a_fault(write):
    with pytest.raises(DocumentError, match=r"mine\.yaml:2: 'schema_version' is given twice"):
        read_experiment(write("schema_version: 1\n" + textwrap.dedent(GOOD)))


def test_variants_must_differ_and_be_reachable(write):
    path = write(
        """\
        schema_version: 1
        id: mine
        variants:
          - {id: before}
          - {id: before, url: "http://127.0.0.1:1", command: [serve]}
        load: {scenario: load.py, rate: 1}
        """
    )
    with pytest.raises(DocumentError) as caught:
        read_experiment(path)

    assert "mine.yaml:4: variant 'before' has neither a command nor a url" in caught.value.message
    assert "mine.yaml:5: variant 'before' is given twice" in caught.value.message
    assert "mine.yaml:5: variant 'before' has both a url and a command; keep one" in caught.value.message


def test_an_unknown_experiment_names_the_known_ones():
    with pytest.raises(UsageError) as caught:
        find_experiment("quik")

    assert caught.value.message == "There is no experiment 'quik'."
    assert "quick" in caught.value.hint


def test_a_missing_scenario_is_told(write, tmp_path):
    path = write(GOOD)
    (tmp_path / "load.py").unlink()
    with pytest.raises(UsageError, match=r"There is no file load\.py"):
        plan_experiment(read_experiment(path), Overrides())


def with_load(load):
    return GOOD.replace("load: {scenario: load.py, rate: 12.5}", f"load: {load}")


def test_stages_are_ramps_and_a_slice_is_as_long_as_they_are(write):
    text = with_load("{scenario: load.py, stages: [[5, 2], [20, 0.5]], distribution: uniform}")
    plan = plan_experiment(read_experiment(write(text)), Overrides())

    assert plan.scenario.profile == (Stage(rate=5, seconds=2), Stage(rate=20, seconds=0.5))
    assert plan.scenario.distribution == "uniform"
    assert {
        piece.duration_s for round_ in plan.rounds for piece in round_.slices if not piece.is_warm_up
    } == {2.5}
    assert load_plan(dump_plan(plan)) == plan


def test_users_make_a_closed_loop_and_a_rate_of_the_command_line_an_open_one(write):
    document = read_experiment(write(with_load("{scenario: load.py, users: 4}")))
    closed = plan_experiment(document, Overrides())
    opened = plan_experiment(document, Overrides(rate=7))

    assert (closed.scenario.users, closed.scenario.profile) == (4, ())
    assert (opened.scenario.users, opened.scenario.profile) == (None, (Stage(rate=7, seconds=0),))
    assert load_plan(dump_plan(closed)) == closed


@pytest.mark.parametrize(
    ("load", "told"),
    [
        ("{scenario: load.py}", "load needs exactly one of rate, stages and users; it has none"),
        ("{scenario: load.py, rate: 3, users: 2}", "it has rate and users"),
        ("{scenario: load.py, users: 2, distribution: uniform}", "they have no distribution"),
        ("{scenario: load.py, stages: [[1]]}", "load.stages"),
    ],
)
def test_a_load_that_is_not_one_load_is_told_with_its_line(write, load, told):
    with pytest.raises(DocumentError, match=r"mine\.yaml:\d+: ") as caught:
        read_experiment(write(with_load(load)))

    assert told in caught.value.message


def test_workers_of_the_command_line_take_the_place_of_those_in_the_file(write):
    document = read_experiment(write(GOOD.replace("rate: 12.5", "rate: 12.5, workers: 3")))
    elsewhere = Workers(count=2, listen="10.0.0.1:5557")
    as_written = plan_experiment(document, Overrides())
    assert as_written.scenario.workers == Workers(count=3)
    assert plan_experiment(document, Overrides(workers=elsewhere)).scenario.workers == elsewhere
    assert load_plan(dump_plan(as_written)) == as_written


def test_users_of_a_closed_loop_are_not_shared_out(write):
    document = read_experiment(write(GOOD.replace("rate: 12.5", "users: 5")))
    with pytest.raises(UsageError, match="Workers share a schedule"):
        plan_experiment(document, Overrides(workers=Workers(count=2)))


def test_a_memory_phase_is_planned_with_its_defaults_and_may_stand_alone(write):
    path = write(GOOD + "rounds: 0\n    memory: {requests: 4000, checkpoint: 100}\n")
    plan = plan_experiment(read_experiment(path), Overrides())

    assert plan.rounds == ()
    assert (plan.memory.repeats, plan.memory.requests, plan.memory.probe_path) == (
        6,
        4000,
        "/_kpibench/memory",
    )
    assert load_plan(dump_plan(plan)) == plan


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rounds: 0\n", "nothing to measure"),
        ("memory: {requests: 1000}\n", "checkpoint each 50 or less"),
        ("memory: {repeats: 1}\n", "memory.repeats"),
        ("memory: {hunt: true}\n", "unknown key 'hunt'"),
    ],
)
def test_a_memory_phase_that_cannot_decide_is_a_fault(write, text, told):
    with pytest.raises(DocumentError, match=told):
        read_experiment(write(GOOD + text))


def planned(write, text=GOOD, **overrides):
    return plan_experiment(read_experiment(write(text)), Overrides(**overrides))


def slice_lengths(plan):
    return {one.duration_s for one in plan.rounds[0].slices if not one.is_warm_up and not one.is_precision}


def test_a_precision_part_is_planned_in_every_round(write):
    plan = planned(write, GOOD + "precision: {seconds: 10}\n")

    assert (plan.precision.seconds, plan.precision.arrivals) == (10, 2000)
    assert all(sum(one.is_precision for one in round_.slices) == 2 for round_ in plan.rounds)
    assert load_plan(dump_plan(plan)) == plan
    assert planned(write).precision is None


def test_workers_cannot_share_a_precision_part(write):
    text = GOOD + "precision: {seconds: 10}\n"
    with pytest.raises(UsageError, match="Workers cannot share the part of a round"):
        planned(write, text, workers=Workers(count=2))
    with pytest.raises(DocumentError, match="one request at a time cannot be shared by workers"):
        planned(write, text.replace("rate: 12.5", "rate: 12.5, workers: 2"))


def test_a_slice_whose_length_is_left_out_is_long_enough_to_mean_something(write):
    slow = GOOD.replace("rate: 12.5", "rate: 12.5, expected_p95_ms: 400")

    assert slice_lengths(planned(write)) == {3.2}, "40 arrivals"
    assert slice_lengths(planned(write, rate=50)) == {2}
    assert slice_lengths(planned(write, slow)) == {8}, "20 x p95"
    assert slice_lengths(planned(write, slow + "slice_seconds: 1\n")) == {1}


def test_minutes_fit_rounds_and_couples_to_the_time(write):
    assert len(planned(write, minutes=4).rounds) == 6
    assert len(planned(write, minutes=20).rounds) == 12
    assert len(planned(write, minutes=20, rounds=8).rounds) == 8
    with pytest.raises(UsageError, match="too short"):
        planned(write, minutes=1)


def test_until_decided_plans_its_looks_and_rounds_for_the_most_time(write):
    plan = planned(write, minutes=60, is_until_decided=True)

    assert plan.looks == (8, 12, 18, 24)
    assert len(plan.rounds) == 24
    assert load_plan(dump_plan(plan)) == plan
