"""Execute a plan from the first round to the last."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from harness.campaign.bench import Bench, Cores, divide_cores
from harness.campaign.diagnosis_file import last_diagnosis
from harness.campaign.execute_memory import execute_memory
from harness.campaign.execute_round import execute_round
from harness.campaign.inputs import describe_inputs, refuse_differences
from harness.campaign.progress import Progress
from harness.campaign.remaining import remaining_rounds
from harness.errors import KpibenchError, MeasurementError, UsageError
from harness.model.plan import Plan
from harness.probe.host import describe_machine
from harness.store.run_folder import RunFolder
from harness.store.set_aside import set_aside
from harness.target.database import prepare_template, remove_leftovers
from harness.target.postgres import Postgres, open_postgres

_KEPT = ("started_at", "interruptions", "decided_after")
"""What status.json keeps when a run is resumed, or ends."""


def never_decided(round_count: int) -> bool:  # noqa: ARG001
    """Tell that a run is to go on to its last round."""
    return False


def execute(
    plan: Plan,
    folder: RunFolder,
    *,
    database_url: str | None,
    progress: Progress,
    is_decided: Callable[[int], bool] = never_decided,
) -> None:
    """Carry out what is missing of `plan`, and store what was seen in `folder`, slice by slice.

    Of a new run all is missing. A round of which only some couples are there begins afresh for the others.
    However it ends, status.json says how, and everything that was started is stopped. `is_decided` is asked
    after the rounds at which the plan looks: at its word the run ends there, whole.

    Raises:
        UsageError: a database, a server or the scenario cannot be brought up.
        MeasurementError: something died or the disk is full in the middle of a run.
        KeyboardInterrupt: the user pressed Ctrl-C; finished slices are kept.
    """
    with open_bench(plan, folder, database_url=database_url, progress=progress) as bench:
        is_open = "decided_after" not in folder.status
        for remaining in remaining_rounds(plan, folder.finished_slices()) if is_open else ():
            round_ = remaining.round_
            progress.round_started(round_)
            set_aside(folder, round_.index, kept=remaining.kept)
            with _told_as_failure(folder):
                execute_round(bench, round_, attempt=max(1, folder.last_attempt(round_.index)))
            if round_.index in plan.looks and is_decided(round_.index):
                folder.write_status({**folder.status, "decided_after": round_.index})
                break
        if plan.memory:
            execute_memory(bench, plan.memory)


@contextmanager
def _told_as_failure(folder: RunFolder) -> Iterator[None]:
    """Tell that something which was as it must be when the run began no longer is: the run failed."""
    try:
        yield
    except UsageError as error:
        if not folder.finished_slices():
            raise
        raise MeasurementError(error.message, hint=error.hint) from error


@contextmanager
def open_bench(
    plan: Plan, folder: RunFolder, *, database_url: str | None, progress: Progress
) -> Iterator[Bench]:
    """Get ready what all rounds share; at the end status.json says how it went. Raises as `execute` does."""
    with _noted(folder):
        cores = divide_cores()
        machine = describe_machine()  # before this process is pinned to fewer cores
        with _database_server(plan, database_url, progress) as postgres, _pinned(cores):
            templates = _templates(plan, folder, postgres, progress)
            _describe(folder, plan, machine, postgres, cores, templates)
            if postgres and postgres.postmaster_pid and cores:
                os.sched_setaffinity(postgres.postmaster_pid, cores.driver)
            yield Bench(
                plan=plan,
                folder=folder,
                progress=progress,
                cores=cores,
                postgres=postgres,
                templates=templates,
            )


@contextmanager
def _noted(folder: RunFolder) -> Iterator[None]:
    """Keep status.json true whatever happens inside."""
    started_at = _now()

    def note(state: str, text: str) -> None:
        kept = {
            "started_at": started_at,
            **{name: folder.status[name] for name in _KEPT if name in folder.status},
        }
        ended_at = None if state == "running" else _now()
        folder.write_status({**kept, "state": state, "note": text, "ended_at": ended_at})

    note("running", "The run is under way, or it was killed: no end was noted.")
    try:
        yield
    except KeyboardInterrupt:
        note("interrupted", "Stopped by the user; the rounds that were whole by then are judged.")
        raise
    except KpibenchError as error:
        with suppress(MeasurementError):  # a full disk is told by the error itself
            note("failed", error.message)
        raise
    except BaseException as error:
        note("failed", f"kpibench crashed: {error!r}")
        raise
    decided_after = folder.status.get("decided_after")
    note("finished", f"Decided after {decided_after} rounds." if decided_after else "All rounds are done.")


@contextmanager
def _pinned(cores: Cores | None) -> Iterator[None]:
    """Keep the harness itself off the servers' core."""
    if cores is None:
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores.driver)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def _database_server(plan: Plan, database_url: str | None, progress: Progress) -> Iterator[Postgres | None]:
    if not any(variant.database for variant in plan.variants):
        yield None
        return
    with open_postgres(database_url=database_url, say=progress.say) as postgres:
        yield postgres


def _templates(
    plan: Plan, folder: RunFolder, postgres: Postgres | None, progress: Progress
) -> dict[str, str]:
    if postgres is None:
        return {}
    remove_leftovers(postgres, say=progress.say)
    return {
        variant.id: prepare_template(
            postgres,
            variant,
            scale=plan.scale,
            seed=plan.seed,
            say=progress.say,
            log_path=folder.path / f"database-{variant.id}.log",
        )
        for variant in plan.variants
        if variant.database
    }


def _describe(
    folder: RunFolder,
    plan: Plan,
    machine: dict[str, Any],
    postgres: Postgres | None,
    cores: Cores | None,
    templates: dict[str, str],
) -> None:
    """Note what everything runs on; a run that is resumed must find the same again."""
    environment = {
        "machine": machine,
        "database": {
            "version": postgres.version,
            "is_embedded": postgres.is_embedded,
            "url": postgres.masked_url,
            "settings": postgres.settings,
        }
        if postgres
        else None,
        "cores": {name: sorted(ids) for name, ids in asdict(cores).items()} if cores else None,
        "scenario": plan.scenario.locustfile,
        "workers": asdict(plan.scenario.workers) if plan.scenario.workers else None,
        "scale": plan.scale,
        "inputs": describe_inputs(plan, folder, templates=templates),
        "doctor": last_diagnosis(),
    }
    if folder.environment_json.is_file():
        _require_same_bench(folder, environment)
        return
    folder.write_json(folder.environment_json, environment)


def _require_same_bench(folder: RunFolder, now: dict[str, Any]) -> None:
    then = folder.read_json(folder.environment_json)
    refuse_differences(
        folder,
        (
            *(
                (
                    f"the database's {name}",
                    (then["database"] or {}).get(name),
                    (now["database"] or {}).get(name),
                )
                for name in ("version", "is_embedded", "settings")
            ),
            ("the cores", then["cores"], now["cores"]),
        ),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
