"""Execute the precision part of a round: each arrival to every variant, with nothing else under way."""

from collections.abc import Mapping, Sequence

from harness.campaign.bench import Bench
from harness.campaign.execute_slice import DRAIN_LIMIT_S, require_all_alive
from harness.drive.driver import LoadDriver
from harness.errors import MeasurementError
from harness.model.plan import Round, Slice
from harness.model.slice_summary import SliceSummary
from harness.plan.arrivals import draw_turns, schedule_hash
from harness.target.server import RunningServer


def execute_precision(
    bench: Bench,
    round_: Round,
    pieces: Sequence[Slice],
    driver: LoadDriver,
    servers: Mapping[str, RunningServer],
    *,
    attempt: int = 1,
) -> None:
    """Let all variants take turns, then write the samples' summaries, one a variant.

    Args:
        bench: what stays the same through the run.
        round_: the round at hand.
        pieces: the slices of the precision couple, one a variant.
        driver: sends the requests.
        servers: by variant id.
        attempt: which fresh start of the round this is.

    Raises:
        MeasurementError: the generator, a server or the database died; then no slice of it counts.
    """
    precision = bench.plan.precision
    if precision is None:
        raise MeasurementError("plan.json has precision slices, but no precision part: it is damaged.")
    variants = [variant.id for variant in bench.plan.variants]
    arrivals, orders = draw_turns(precision, variants, seed=pieces[0].schedule_seed)
    folder = bench.folder
    samples = {
        piece.variant_id: folder.slice_samples(round_.index, piece.variant_id, piece.index)
        for piece in pieces
    }
    for path in samples.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    bench.progress.slice_started(round_, pieces[0])
    reports = driver.take_turns(
        arrivals,
        orders,
        samples=samples,
        limit_s=precision.seconds,
        drain_s=DRAIN_LIMIT_S,
        on_progress=bench.progress.requests,
    )
    require_all_alive(bench, round_, servers)
    for piece in pieces:
        report = reports[piece.variant_id]
        folder.write_slice_summary(
            round_.index,
            SliceSummary(
                slice=piece.index,
                variant=piece.variant_id,
                couple=piece.couple,
                is_warm_up=False,
                is_precision=True,
                duration_s=piece.duration_s,
                schedule_sha256=schedule_hash(arrivals),
                idle_cpu_share={},
                report=report,
                attempt=attempt,
            ),
        )
        bench.progress.slice_finished(
            round_, piece, request_count=report.request_count, failed_count=report.failed_count
        )
