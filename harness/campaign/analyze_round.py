"""Analyze one whole round: its samples and probes are read here, once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.gates.validity import HostShare
from harness.model.measurement import Measurement, RoundRatio
from harness.model.slice_summary import SliceSummary
from harness.stats.charts import ResourceLine, Window, heat_counts, resource_line, window_count, windows
from harness.stats.columns import Columns, FloatArray, IntArray, concatenate
from harness.stats.compare import pairs_to_compare
from harness.stats.drift import first_against_last_third
from harness.stats.errors import ErrorGroup, group_errors
from harness.stats.external_calls import ExternalCalls, external_calls
from harness.stats.host import disturbance, mean_shares
from harness.stats.layers import LayerRound
from harness.stats.measure import (
    WHOLE_MIX,
    Load,
    group_by_endpoint,
    measure_introspection,
    measure_requests,
    measure_server,
)
from harness.stats.pairing import Pairing, add_pairings, pair_arrivals
from harness.stats.pairs import (
    SliceQuantiles,
    calm_couples,
    calm_levels,
    pair_requests,
    slice_quantiles,
    typical_levels,
    typical_ratios,
)
from harness.stats.runtime import RuntimeRound, runtime_round
from harness.store.counts import read_counts
from harness.store.host_readings import read_host
from harness.store.layer_readings import read_layer_readings
from harness.store.process_readings import read_process
from harness.store.run_folder import RunFolder
from harness.store.runtime_readings import read_runtime
from harness.store.samples import read_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRound:
    """What one variant showed in one round, as far as the results need it."""

    measurements: tuple[Measurement, ...]
    response_ms: dict[str, FloatArray]
    """Of the load's good requests, by endpoint."""
    windows: tuple[Window, ...]
    drift: float | None
    """See `first_against_last_third`; of the precision part where there is one."""
    heat: tuple[dict[str, IntArray], ...]
    """Of each counting slice, by endpoint: see `heat_counts`."""
    window_s: tuple[float, ...]
    """Length of a window of each of these slices."""
    resources: ResourceLine
    runtime: RuntimeRound
    layers: LayerRound
    external_calls: dict[str, ExternalCalls] | None
    """By service; None where the server does not tell."""
    errors: Counter[ErrorGroup]
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
    ratios: tuple[RoundRatio, ...]
    """Of all pairs that are compared."""
    has_precision: bool


def analyze_round(
    folder: RunFolder,
    *,
    index: int,
    variants: Sequence[str],
    finished: Sequence[SliceSummary],
    cores: int | None = None,
    patterns: Sequence[str] = (),
) -> AnalyzedRound:
    """Read and measure one round.

    Args:
        folder: the run.
        index: the round.
        variants: ids, the one that all others are compared with first.
        finished: summaries of the round's finished slices, warm-ups too. Where they are of more than one
            fresh start, memory and CPU are those of the last: what was seen of the others ends with a kill.
        cores: of the machine, as far as it is known; without it no couple can be called calm.
        patterns: groups of endpoints that are measured as well, `GET *` for one.

    Raises:
        MeasurementError: a file is missing or damaged.
    """
    counting = [summary for summary in finished if not summary.is_warm_up]
    samples = {
        (summary.variant, summary.couple): read_samples(
            folder.slice_samples(index, summary.variant, summary.slice)
        )
        for summary in counting
    }
    alone = {
        summary.variant: samples[summary.variant, summary.couple]
        for summary in counting
        if summary.is_precision
    }
    load = [summary for summary in counting if not summary.is_precision]
    quantiles = {
        variant: {
            summary.couple: slice_quantiles(samples[variant, summary.couple])
            for summary in load
            if summary.variant == variant
        }
        for variant in variants
    }
    calm = calm_couples(_disturbances(folder, index, variants, load, cores))
    return AnalyzedRound(
        index=index,
        variants={
            variant: _analyze_variant(
                folder,
                index,
                variant,
                [summary for summary in finished if summary.variant == variant],
                {couple: columns for (name, couple), columns in samples.items() if name == variant},
                quantiles[variant],
                calm,
                patterns,
            )
            for variant in variants
        },
        host=_host_shares(folder, index, counting),
        pairing=add_pairings(
            pair_arrivals(samples[variants[0], couple], columns)
            for (variant, couple), columns in samples.items()
            if variant != variants[0]
        ),
        ratios=tuple(_ratios(index, variants, alone, quantiles)),
        has_precision=bool(alone),
    )


def _ratios(
    index: int,
    variants: Sequence[str],
    alone: Mapping[str, Columns],
    quantiles: Mapping[str, Mapping[int, SliceQuantiles]],
) -> Iterator[RoundRatio]:
    for baseline, variant in pairs_to_compare(variants):
        yield from typical_ratios(
            quantiles[baseline],
            quantiles[variant],
            baseline=baseline,
            variant=variant,
            round_index=index,
        )
        if baseline in alone and variant in alone:
            yield from pair_requests(
                alone[baseline], alone[variant], baseline=baseline, variant=variant, round_index=index
            )


def _disturbances(
    folder: RunFolder, index: int, variants: Sequence[str], load: Sequence[SliceSummary], cores: int | None
) -> dict[int, float]:
    """Return how much of the machine others took during each couple, where that is known of all couples."""
    if cores is None:
        return {}
    host = read_host(folder, folder.host_jsonl(index))
    own = [read_process(folder, folder.process_jsonl(index, variant)) for variant in variants]
    own.append(read_process(folder, folder.generator_jsonl(index)))
    found = {
        couple: disturbance(
            host, _spans([summary for summary in load if summary.couple == couple]), own=own, cores=cores
        )
        for couple in sorted({summary.couple for summary in load})
    }
    known = {couple: taken for couple, taken in found.items() if taken is not None}
    return known if len(known) == len(found) else {}


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
    quantiles: Mapping[int, SliceQuantiles],
    calm: frozenset[int],
    patterns: Sequence[str],
) -> VariantRound:
    counting = [summary for summary in finished if not summary.is_warm_up]
    loaded = [summary for summary in counting if not summary.is_precision]
    alone = next((samples[summary.couple] for summary in counting if summary.is_precision), None)
    columns = concatenate([samples[summary.couple] for summary in loaded])
    load = Load(
        duration_s=sum(summary.duration_s for summary in loaded),
        dropped_arrivals=sum(summary.report.dropped_arrivals for summary in counting),
    )
    everything = concatenate(list(samples.values()))
    last = max(summary.attempt for summary in counting)
    of_last_start = [summary for summary in loaded if summary.attempt == last]
    readings = read_process(folder, folder.process_jsonl(index, variant))
    server = measure_server(
        readings,
        variant_id=variant,
        round_index=index,
        counting_ns=_spans(of_last_start),
        other_ns=_spans([summary for summary in finished if summary.is_warm_up or summary.is_precision]),
        request_count=sum(len(samples[summary.couple]) for summary in of_last_start),
    )
    calm_parts = [samples[summary.couple] for summary in loaded if summary.couple in calm]
    return VariantRound(
        measurements=(
            *measure_requests(
                columns, variant_id=variant, round_index=index, load=load, alone=alone, patterns=patterns
            ),
            *typical_levels(list(quantiles.values()), variant=variant, round_index=index),
            *calm_levels(calm_parts, variant=variant, round_index=index),
            *server,
            *measure_introspection(
                read_counts(folder, folder.counts_json(index, variant)),
                variant_id=variant,
                round_index=index,
            ),
        ),
        response_ms=_response_by_endpoint(columns),
        windows=tuple(
            window
            for summary in loaded
            for window in windows(
                samples[summary.couple],
                started_ns=summary.report.started_ns,
                duration_s=summary.duration_s,
            )
        ),
        drift=first_against_last_third(columns if alone is None else alone),
        heat=tuple(
            heat_counts(
                samples[summary.couple], started_ns=summary.report.started_ns, duration_s=summary.duration_s
            )
            for summary in loaded
        ),
        window_s=tuple(summary.duration_s / window_count(summary.duration_s) for summary in loaded),
        resources=resource_line(readings),
        runtime=runtime_round(
            read_runtime(folder, folder.runtime_jsonl(index, variant)),
            spans_ns=_spans(of_last_start),
            request_count=sum(len(samples[summary.couple]) for summary in of_last_start),
        ),
        layers=LayerRound(
            readings=read_layer_readings(folder, folder.layers_jsonl(index, variant)),
            request_count=sum(
                summary.report.request_count for summary in counting if summary.attempt == last
            ),
        ),
        external_calls=external_calls(everything),
        errors=group_errors(everything),
        sample_count=sum(len(part) for part in samples.values()),
        reported_count=sum(summary.report.request_count for summary in counting),
        dropped_count=load.dropped_arrivals,
        failed_count=sum(int(np.count_nonzero(part.is_failed)) for part in samples.values()),
        unanswered_count=sum(int(np.count_nonzero(part.status == 0)) for part in samples.values()),
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
