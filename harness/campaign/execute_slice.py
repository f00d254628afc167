"""Execute one slice: replay its schedule on one variant and store what was seen."""

import time
from collections.abc import Mapping

from harness.campaign.bench import Bench
from harness.campaign.run_faults import PlannedFault, run_with_faults
from harness.drive.driver import LoadDriver
from harness.errors import MeasurementError
from harness.model.plan import Round, Slice
from harness.model.slice_summary import GeneratorReport, SliceSummary
from harness.plan.arrivals import draw_load, schedule_hash
from harness.probe.process import cpu_seconds
from harness.target.fault_action import breaker_of
from harness.target.postgres import require_alive
from harness.target.server import RunningServer

DRAIN_LIMIT_S = 30.0
"""A slice whose last answer takes longer is not drained, which the validity checks see."""


def execute_slice(
    bench: Bench,
    round_: Round,
    slice_: Slice,
    driver: LoadDriver,
    servers: Mapping[str, RunningServer],
    *,
    attempt: int = 1,
) -> GeneratorReport:
    """Replay the slice's schedule, wait for the last answer, write samples and then the summary.

    Raises:
        MeasurementError: the generator, a server or the database died; then the slice does not count.
    """
    arrivals, closed_loop = draw_load(bench.plan.scenario, slice_)
    folder = bench.folder
    samples = folder.slice_samples(round_.index, slice_.variant_id, slice_.index)
    samples.parent.mkdir(parents=True, exist_ok=True)
    idle = {
        variant_id: server.pid
        for variant_id, server in servers.items()
        if server.pid and variant_id != slice_.variant_id
    }
    cpu_before = {variant_id: cpu_seconds(pid) for variant_id, pid in idle.items()}
    started_at = time.monotonic()
    report, faults = run_with_faults(
        _planned_faults(bench, slice_, servers[slice_.variant_id]),
        lambda: driver.run_slice(
            slice_.variant_id,
            arrivals,
            duration_s=slice_.duration_s,
            samples=samples,
            drain_s=DRAIN_LIMIT_S,
            closed_loop=closed_loop,
            on_progress=bench.progress.requests,
        ),
    )
    elapsed_s = time.monotonic() - started_at
    require_all_alive(bench, round_, servers)
    summary = SliceSummary(
        slice=slice_.index,
        variant=slice_.variant_id,
        couple=slice_.couple,
        is_warm_up=slice_.is_warm_up,
        duration_s=slice_.duration_s,
        schedule_sha256=schedule_hash(arrivals, closed_loop),
        idle_cpu_share={
            variant_id: (cpu_seconds(pid) - cpu_before[variant_id]) / elapsed_s
            for variant_id, pid in idle.items()
        },
        report=report,
        attempt=attempt,
        faults=faults,
    )
    folder.write_slice_summary(round_.index, summary)
    return report


def _planned_faults(bench: Bench, slice_: Slice, server: RunningServer) -> list[PlannedFault]:
    """Return what is to be broken in a slice; nothing is in a warm-up."""
    timeline = bench.plan.faults
    if timeline is None or slice_.is_warm_up:
        return []
    return [
        PlannedFault(
            fault=fault,
            breaker=breaker_of(
                fault.action, variant_id=slice_.variant_id, server=server, postgres=bench.postgres
            ),
        )
        for fault in timeline.faults
    ]


def require_all_alive(bench: Bench, round_: Round, servers: Mapping[str, RunningServer]) -> None:
    """Refuse a slice whose answers are those of something dead."""
    if bench.postgres:
        require_alive(bench.postgres)
    for variant_id, server in servers.items():
        if not server.alive():
            log_path = bench.folder.server_log(round_.index, variant_id)
            raise MeasurementError(
                f"The server of variant {variant_id!r} died in round {round_.index}.",
                hint=f"See {log_path}.",
            )
