"""Analyze one whole round: its samples and probes are read here, once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.gates.validity import HostShare
from harness.model.measurement import Measurement
from harness.model.slice_summary import SliceSummary
from harness.stats.charts import Window, windows
from harness.stats.columns import Columns, FloatArray, concatenate
from harness.stats.host import mean_shares
from harness.stats.measure import WHOLE_MIX, Load, group_by_endpoint, measure_requests, measure_server
from harness.stats.pairing import Pairing, add_pairings, pair_arrivals
from harness.store.host_readings import read_host
from harness.store.process_readings import read_process
from harness.store.run_folder import RunFolder
from harness.store.samples import read_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRound:
    """What one variant showed in one round, as far as the results need it."""

    measurements: tuple[Measurement, ...]
    response_ms: dict[str, FloatArray]
    """Of good requests, by endpoint."""
    windows: tuple[Window, ...]
    sample_count: int
    reported_count: int
    """Requests that the generator reported; as many samples must be stored."""
    dropped_count: int
    failed_count: int
    """Samples that failed; dropped arrivals are not among them."""
    unanswered_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzedRound:
    """What one whole round showed."""

    index: int
    variants: dict[str, VariantRound]
    host: tuple[HostShare, ...]
    """Of the slices that count, as far as somebody looked at the machine."""
    pairing: Pairing
    """The first variant against each other one, all couples together."""


def analyze_round(
    folder: RunFolder, *, index: int, variants: Sequence[str], finished: Sequence[SliceSummary]
) -> AnalyzedRound:
    """Read and measure one round.

    Args:
        folder: the run.
        index: the round.
        variants: ids, the one that all others are compared with first.
        finished: summaries of the round's finished slices, warm-ups too. Where they are of more than one
            fresh start, memory and CPU are those of the last: what was seen of the others ends with a kill.

    Raises:
        MeasurementError: a file is missing or damaged.
    """
    samples = {
        (summary.variant, summary.couple): read_samples(
            folder.slice_samples(index, summary.variant, summary.slice)
        )
        for summary in finished
        if not summary.is_warm_up
    }
    return AnalyzedRound(
        index=index,
        variants={
            variant: _analyze_variant(
                folder,
                index,
                variant,
                [summary for summary in finished if summary.variant == variant],
                {couple: columns for (name, couple), columns in samples.items() if name == variant},
            )
            for variant in variants
        },
        host=_host_shares(folder, index, [summary for summary in finished if not summary.is_warm_up]),
        pairing=add_pairings(
            pair_arrivals(samples[variants[0], couple], columns)
            for (variant, couple), columns in samples.items()
            if variant != variants[0]
        ),
    )


def _host_shares(folder: RunFolder, index: int, counting: Sequence[SliceSummary]) -> tuple[HostShare, ...]:
    readings = read_host(folder, folder.host_jsonl(index))
    seen = [mean_shares(readings, *span) for span in _spans(counting)]
    return tuple(HostShare(cpu=shares[0], steal=shares[1]) for shares in seen if shares)


def _analyze_variant(
    folder: RunFolder,
    index: int,
    variant: str,
    finished: Sequence[SliceSummary],
    samples: dict[int, Columns],
) -> VariantRound:
    counting = [summary for summary in finished if not summary.is_warm_up]
    columns = concatenate(list(samples.values()))
    dropped_count = sum(summary.report.dropped_arrivals for summary in counting)
    load = Load(duration_s=sum(summary.duration_s for summary in counting), dropped_arrivals=dropped_count)
    last = max(summary.attempt for summary in counting)
    of_last_start = [summary for summary in counting if summary.attempt == last]
    server = measure_server(
        read_process(folder, folder.process_jsonl(index, variant)),
        variant_id=variant,
        round_index=index,
        counting_ns=_spans(of_last_start),
        other_ns=_spans([summary for summary in finished if summary.is_warm_up]),
        request_count=sum(len(samples[summary.couple]) for summary in of_last_start),
    )
    return VariantRound(
        measurements=(
            *measure_requests(columns, variant_id=variant, round_index=index, load=load),
            *server,
        ),
        response_ms=_response_by_endpoint(columns),
        windows=tuple(
            window
            for summary in counting
            for window in windows(
                samples[summary.couple],
                started_ns=summary.report.started_ns,
                duration_s=summary.duration_s,
            )
        ),
        sample_count=len(columns),
        reported_count=sum(summary.report.request_count for summary in counting),
        dropped_count=dropped_count,
        failed_count=int(np.count_nonzero(columns.is_failed)),
        unanswered_count=int(np.count_nonzero(columns.status == 0)),
    )


def _spans(summaries: Sequence[SliceSummary]) -> list[tuple[int, int]]:
    return [(summary.report.started_ns, summary.report.ended_ns) for summary in summaries]


def _response_by_endpoint(columns: Columns) -> dict[str, FloatArray]:
    grouping = group_by_endpoint(columns.endpoint)
    values = columns.response_ms[grouping.order]
    is_good = ~columns.is_failed[grouping.order]
    return {
        endpoint: values[rows][is_good[rows]] for endpoint, rows in grouping.groups if endpoint != WHOLE_MIX
    }
