"""Execute one round: fresh databases, fresh servers, a fresh generator, then the slices."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.campaign.bench import Bench
from harness.campaign.counts import store_database_counts, store_layers, store_server_counts
from harness.campaign.execute_precision import execute_precision
from harness.campaign.execute_slice import execute_slice
from harness.campaign.serve_variant import serve_variant
from harness.drive.driver import LoadDriver
from harness.drive.locust_driver import LocustDriver
from harness.model.plan import Round, Slice
from harness.model.slice_summary import GeneratorReport
from harness.model.variant import Variant
from harness.probe.host import HostProbe
from harness.probe.process import ProcessProbe
from harness.probe.queries import read_statements, reset_statements
from harness.store.atomic import told_as_measurement_error
from harness.target.database import CLONE_PREFIX
from harness.target.server import RunningServer

SEEN_FOLDER = "SCENARIO_SEEN_FOLDER"
"""Environment variable of the generator: where a scenario notes what it was told was created, by port."""

DRAIN_GAP_S = 0.25
"""Rest between two slices after the last answer, as measurement.md section 5 asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRound:
    """What is up while a round lasts."""

    servers: Mapping[str, RunningServer]
    """By variant id."""
    driver: LoadDriver
    attempt: int = 1
    """Which fresh start of the round this is."""


def execute_round(bench: Bench, round_: Round, *, attempt: int = 1) -> None:
    """Bring all variants up in the drawn order, run the slices, store, and take everything down again.

    Args:
        bench: what stays the same through the run.
        round_: with the slices that are to be run now.
        attempt: which fresh start of the round this is, from 1.
    """
    for part in _parts(bench, round_):
        _execute_part(bench, part, attempt=attempt, is_last=part.places[-1] == round_.places[-1])


def _parts(bench: Bench, round_: Round) -> tuple[Round, ...]:
    """Return what of a round is up together: all of it, or with faults each variant by itself.

    A fault may break what variants share, and leave work behind that would burden the next one.
    """
    if bench.plan.faults is None:
        return (round_,)
    return tuple(
        replace(
            round_,
            places=(variant_id,),
            slices=tuple(piece for piece in round_.slices if piece.variant_id == variant_id),
        )
        for variant_id in round_.places
    )


def _execute_part(bench: Bench, round_: Round, *, attempt: int, is_last: bool) -> None:
    with open_round(bench, round_, attempt=attempt, is_counted=True, is_last=is_last) as open_:
        is_warm = False
        for slice_ in round_.slices:
            if not slice_.is_warm_up and not is_warm:
                _reset_statements(bench, round_)
                store_layers(bench, round_, open_.servers)
                is_warm = True
            if not slice_.is_precision:
                run_slice(bench, round_, slice_, open_)
            elif slice_.variant_id == round_.places[0]:
                _run_precision(bench, round_, open_)
        _store_statements(bench, round_)
        store_layers(bench, round_, open_.servers)
        store_server_counts(bench, round_, open_.servers)


@contextmanager
def open_round(
    bench: Bench, round_: Round, *, attempt: int = 1, is_counted: bool = False, is_last: bool = True
) -> Iterator[OpenRound]:
    """Bring up the variants in the drawn order, the generator and the probes; note the round at its end.

    Counted, each database is looked at after its server has stopped. What is not the last part of its round
    keeps workers on other hosts waiting for the next.
    """
    folder = bench.folder
    with told_as_measurement_error(folder.round_dir(round_.index)):
        folder.round_dir(round_.index).mkdir(parents=True, exist_ok=True)
    started_ns = time.monotonic_ns()
    with ExitStack() as stack:
        servers = {
            variant_id: stack.enter_context(_server(bench, round_, variant_id, is_counted=is_counted))
            for variant_id in round_.places
        }
        driver = stack.enter_context(
            LocustDriver(
                Path(bench.plan.scenario.locustfile),
                {
                    variant.id: servers[variant.id].base_url
                    for variant in bench.plan.variants
                    if variant.id in servers
                },
                log_path=folder.generator_log(round_.index),
                cpus=bench.cores.driver if bench.cores else None,
                workers=bench.plan.scenario.workers,
                environment=_seen_environment(bench, round_),
                say=bench.progress.say,
            )
        )
        _watch(stack, bench, round_, servers, driver.pid)
        yield OpenRound(servers=servers, driver=driver, attempt=attempt)
        driver.close(is_last=is_last and round_.index == bench.plan.rounds[-1].index)
    folder.write_json(
        folder.round_json(round_.index),
        {
            "index": round_.index,
            "attempt": attempt,
            "places": list(round_.places),
            "started_ns": started_ns,
            "ended_ns": time.monotonic_ns(),
            "process_ids": {variant_id: server.pid for variant_id, server in servers.items()},
        },
    )


def run_slice(bench: Bench, round_: Round, slice_: Slice, open_: OpenRound) -> GeneratorReport:
    """Run and store one slice, then give the servers a rest."""
    bench.progress.slice_started(round_, slice_)
    report = execute_slice(bench, round_, slice_, open_.driver, open_.servers, attempt=open_.attempt)
    bench.progress.slice_finished(
        round_, slice_, request_count=report.request_count, failed_count=report.failed_count
    )
    time.sleep(DRAIN_GAP_S)
    return report


def _run_precision(bench: Bench, round_: Round, open_: OpenRound) -> None:
    """Run the precision slices, all variants together, then give the servers a rest."""
    pieces = [piece for piece in round_.slices if piece.is_precision]
    execute_precision(bench, round_, pieces, open_.driver, open_.servers, attempt=open_.attempt)
    time.sleep(DRAIN_GAP_S)


@contextmanager
def _server(bench: Bench, round_: Round, variant_id: str, *, is_counted: bool) -> Iterator[RunningServer]:
    variant = next(variant for variant in bench.plan.variants if variant.id == variant_id)
    with serve_variant(
        bench,
        variant,
        database_name=_database_name(bench, round_, variant_id),
        log_path=bench.folder.server_log(round_.index, variant_id),
        runtime_path=bench.folder.runtime_jsonl(round_.index, variant_id),
        when_stopped=_counted(bench, round_, variant) if is_counted else None,
    ) as server:
        yield server


def _counted(bench: Bench, round_: Round, variant: Variant) -> Callable[[str, str], None]:
    return lambda database_url, base_url: store_database_counts(
        bench, round_, variant, database_url, base_url
    )


def _seen_environment(bench: Bench, round_: Round) -> dict[str, str]:
    """Have the scenario note what it was told was created, where a check of the data wants to know."""
    if not any("{seen}" in word for variant in bench.plan.variants for word in variant.invariants):
        return {}
    folder = bench.folder.seen_dir(round_.index).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return {SEEN_FOLDER: str(folder)}


def _database_name(bench: Bench, round_: Round, variant_id: str) -> str:
    position = [variant.id for variant in bench.plan.variants].index(variant_id)
    return f"{CLONE_PREFIX}{round_.index}_{position}"


def _watch(
    stack: ExitStack,
    bench: Bench,
    round_: Round,
    servers: Mapping[str, RunningServer],
    driver_pid: int | None,
) -> None:
    folder = bench.folder
    stack.enter_context(HostProbe(folder.host_jsonl(round_.index)))
    if driver_pid:
        stack.enter_context(ProcessProbe(driver_pid, folder.generator_jsonl(round_.index)))
    for variant_id, server in servers.items():
        if server.pid:
            stack.enter_context(ProcessProbe(server.pid, folder.process_jsonl(round_.index, variant_id)))


def _reset_statements(bench: Bench, round_: Round) -> None:
    if bench.postgres:
        for variant_id in bench.templates.keys() & set(round_.places):
            reset_statements(bench.postgres.admin_url, _database_name(bench, round_, variant_id))


def _store_statements(bench: Bench, round_: Round) -> None:
    if bench.postgres:
        for variant_id in bench.templates.keys() & set(round_.places):
            statements = read_statements(bench.postgres.admin_url, _database_name(bench, round_, variant_id))
            bench.folder.write_json(bench.folder.queries_json(round_.index, variant_id), statements)
