from pathlib import Path

import pytest

from harness.cli.worker_options import asked_workers, split_address, worker_command
from harness.errors import UsageError
from harness.gates.no_slower import no_slower
from harness.model.plan import Workers
from harness.plan.comparison import plan_comparison

NO_SLOWER = no_slower(has_precision=False)


def plan(workers, url="http://127.0.0.1:8001"):
    return plan_comparison(
        before_url=url,
        after_url=url,
        locustfile=Path.cwd() / "scenarios" / "my load.py",
        rate=40,
        minutes=5,
        kpi_file=NO_SLOWER,
        seed=1,
        workers=workers,
    )


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ((None, None, None), None),
        ((3, None, None), Workers(count=3)),
        ((None, 2, None), Workers(count=2, listen="0.0.0.0:5557")),
        ((None, 2, "10.0.0.1:7"), Workers(count=2, listen="10.0.0.1:7")),
        ((None, 2, "10.0.0.1"), Workers(count=2, listen="10.0.0.1:5557")),
    ],
)
def test_the_options_ask_for_workers_here_or_elsewhere(options, asked):
    assert asked_workers(*options) == asked


@pytest.mark.parametrize("options", [(1, 1, None), (1, None, "10.0.0.1:7"), (None, None, "10.0.0.1:7")])
def test_options_that_contradict_each_other_are_refused(options):
    with pytest.raises(UsageError):
        asked_workers(*options)


@pytest.mark.parametrize("address", ["", ":7", "host:", "host:x", "host:0", "host:65536"])
def test_what_is_no_address_is_refused_with_an_example(address):
    with pytest.raises(UsageError, match="is no address") as caught:
        split_address(address)
    assert "10.0.0.1:5557" in caught.value.hint


def test_the_command_for_worker_hosts_names_an_address_and_the_scenario():
    asked = plan(Workers(count=2, listen="10.0.0.1:7"))
    assert worker_command(asked) == "kpibench worker --master 10.0.0.1:7 --scenario 'scenarios/my load.py'"


def test_where_the_run_listens_everywhere_the_command_names_the_address_towards_the_target():
    assert "--master 127.0.0.1:5557 " in worker_command(plan(Workers(count=2, listen="0.0.0.0:5557")))


@pytest.mark.parametrize("workers", [None, Workers(count=2)])
def test_nothing_is_to_be_run_elsewhere_where_no_worker_is_awaited(workers):
    assert worker_command(plan(workers)) == ""
