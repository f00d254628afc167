"""Execute the memory phase: fresh processes, all variants at once, as fast as they answer.

Memory does not mind that other work goes on, so the variants need not take turns. Each repeat starts every
variant afresh and looks at it now and then. A build that leaks is afterwards started once more, tracing its
allocations, to name the lines and containers that grow.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

from harness.campaign.bench import Bench
from harness.campaign.memory_load import ClosedLoopLoad, MemoryLoad
from harness.campaign.serve_variant import serve_variant
from harness.drive.locust_driver import LocustDriver
from harness.errors import MeasurementError
from harness.model.memory import LEAK_TOLERANCE, Checkpoint, MemoryPhase
from harness.model.variant import Variant
from harness.probe.memory import MemoryProbe
from harness.stats.leak import LIVE_HEAP, USS, LeakState, judge_alone, measure_growth
from harness.store.atomic import append_line, told_as_measurement_error
from harness.store.memory_looks import read_looks
from harness.store.run_folder import RunFolder
from harness.target.database import CLONE_PREFIX
from harness.target.server import RunningServer

TRACE_SHARE = 6
"""A traced server is several times slower and gets this part of a repeat's requests."""
TRACE_VARIABLE = "KPIBENCH_TRACE_MEMORY=1"
PROGRESS_PARTS = 4
"""How often a repeat says how far it is."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class _Station:
    """One variant that is up: what loads it and what looks at it."""

    variant: Variant
    load: MemoryLoad
    probe: MemoryProbe


def execute_memory(bench: Bench, phase: MemoryPhase) -> None:
    """Carry out what is missing of the memory phase, then trace the builds that leak.

    Raises:
        UsageError: a server cannot be brought up, or its memory cannot be looked at.
        MeasurementError: something died.
        KeyboardInterrupt: the user pressed Ctrl-C; whole repeats are kept.
    """
    for repeat in remaining_repeats(phase, bench.folder):
        _execute_repeat(bench, phase, repeat)
    for variant in bench.plan.variants:
        _trace_if_leaking(bench, phase, variant)


def remaining_repeats(phase: MemoryPhase, folder: RunFolder) -> tuple[int, ...]:
    """Return the repeats that are not whole, from 1."""
    return tuple(repeat for repeat in range(1, phase.repeats + 1) if not folder.repeat_json(repeat).is_file())


def _execute_repeat(bench: Bench, phase: MemoryPhase, repeat: int) -> None:
    folder = bench.folder
    with told_as_measurement_error(folder.memory_dir(repeat)):
        folder.memory_dir(repeat).mkdir(parents=True, exist_ok=True)
        for variant in bench.plan.variants:
            folder.memory_jsonl(repeat, variant.id).unlink(missing_ok=True)
    bench.progress.say(
        f"memory: repeat {repeat} of {phase.repeats}, {phase.requests:,} requests to each variant"
    )
    with ExitStack() as stack:
        # Started from this thread: on Linux the kernel ends them with the thread that started them.
        stations = [
            stack.enter_context(_station(bench, phase, variant, folder.memory_dir(repeat), seed=repeat))
            for variant in bench.plan.variants
        ]
        _load_all(bench, phase, repeat, stations)
    folder.write_json(
        folder.repeat_json(repeat),
        {"repeat": repeat, "sources": {one.variant.id: one.probe.source for one in stations}},
    )
    for variant in bench.plan.variants:
        bench.progress.say(f"  {variant.id}: {_told(read_looks(folder, repeat, variant.id))}")


def _told(looks: Sequence[Checkpoint]) -> str:
    has_probe = all(look.live_bytes is not None for look in looks)
    slopes = measure_growth([looks], LIVE_HEAP if has_probe else USS, confidence=CONFIDENCE).slopes
    grown = f"{slopes[0]:+,.1f} bytes a request" if slopes else "too few looks for a slope"
    return f"{looks[-1].requests:,} requests, {'live heap' if has_probe else 'USS'} {grown}"


@contextmanager
def _station(
    bench: Bench, phase: MemoryPhase, variant: Variant, folder: Path, *, seed: int
) -> Iterator[_Station]:
    position = [one.id for one in bench.plan.variants].index(variant.id)
    with (
        serve_variant(
            bench,
            variant,
            database_name=f"{CLONE_PREFIX}memory_{position}",
            log_path=folder / f"{variant.id}.log",
        ) as server,
        _driver(bench, variant, server, folder) as driver,
    ):
        yield _Station(
            variant=variant,
            load=ClosedLoopLoad(
                driver,
                variant.id,
                users=phase.users,
                seed=bench.plan.seed * 1_000 + seed,
                samples=folder / f"{variant.id}.arrow",
            ),
            probe=MemoryProbe(server.base_url, server.pid, phase.probe_path),
        )
        (folder / f"{variant.id}.arrow").unlink(missing_ok=True)


def _driver(bench: Bench, variant: Variant, server: RunningServer, folder: Path) -> LocustDriver:
    return LocustDriver(
        Path(bench.plan.scenario.locustfile),
        {variant.id: server.base_url},
        log_path=folder / f"{variant.id}-generator.log",
        cpus=bench.cores.driver if bench.cores else None,
    )


def _load_all(bench: Bench, phase: MemoryPhase, repeat: int, stations: Sequence[_Station]) -> None:
    """Load all variants at the same time; the first fault ends the others at their next look."""
    is_over = Event()

    def load(station: _Station) -> None:
        try:
            path = bench.folder.memory_jsonl(repeat, station.variant.id)
            told = 0
            for look in looks_under_load(station.load, station.probe, phase):
                append_line(path, json.dumps(asdict(look)))
                part = look.requests * PROGRESS_PARTS // phase.requests
                if told < part < PROGRESS_PARTS:
                    bench.progress.say(
                        f"  {station.variant.id}: {look.requests:,} of {phase.requests:,} requests"
                    )
                    told = part
                if is_over.is_set():
                    return
        except BaseException:
            is_over.set()
            raise

    with ThreadPoolExecutor(max_workers=len(stations)) as threads:
        futures = [threads.submit(load, station) for station in stations]
        try:
            for future in futures:
                future.result()
        finally:
            is_over.set()


def looks_under_load(load: MemoryLoad, probe: MemoryProbe, phase: MemoryPhase) -> Iterator[Checkpoint]:
    """Yield a look before the first request, and one after each `phase.checkpoint` requests or so."""
    answered = failed = 0
    yield probe.look(requests=0, failed=0)
    while answered < phase.requests:
        more, more_failed = load.send(min(phase.checkpoint, phase.requests - answered))
        answered += more
        failed += more_failed
        yield probe.look(requests=answered, failed=failed)


def _trace_if_leaking(bench: Bench, phase: MemoryPhase, variant: Variant) -> None:
    folder = bench.folder
    if folder.memory_trace_json(variant.id).is_file() or variant.url:
        return
    repeats = [read_looks(folder, repeat, variant.id) for repeat in range(1, phase.repeats + 1)]
    growth = measure_growth(repeats, LIVE_HEAP, confidence=CONFIDENCE)
    if judge_alone(growth, LEAK_TOLERANCE).state is not LeakState.LEAK:
        return
    bench.progress.say(f"memory: {variant.id} leaks; once more, tracing where")
    trace_folder = folder.memory_trace_json(variant.id).parent
    with told_as_measurement_error(trace_folder):
        trace_folder.mkdir(parents=True, exist_ok=True)
    tracing = replace(variant, command=("env", TRACE_VARIABLE, *variant.command))
    with _station(bench, phase, tracing, trace_folder, seed=phase.repeats + 1) as station:
        trace = trace_allocations(station.load, station.probe, requests=phase.requests // TRACE_SHARE)
    if trace is None:
        bench.progress.say(f"  {variant.id} does not trace: its probe is older, or it drops its environment")
        return
    folder.write_json(folder.memory_trace_json(variant.id), trace)


def trace_allocations(load: MemoryLoad, probe: MemoryProbe, *, requests: int) -> dict[str, object] | None:
    """Return what a tracing server holds halfway and at the end; None if it does not trace."""
    warm, _ = load.send(max(1, requests // 2))
    start = probe.tracing()
    if start is None:
        return None
    more, _ = load.send(max(1, requests // 2))
    end = probe.tracing()
    if end is None:
        raise MeasurementError("The server traced its allocations and then no longer.")
    return {"warm_up_requests": warm, "requests": more, "start": start, "end": end}
