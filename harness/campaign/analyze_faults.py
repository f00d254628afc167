"""Analyze the faults of a run: phases, timelines, comparisons for the KPIs, a section of results.json."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from harness.model.fault import (
    QUIET,
    RECOVERY,
    SETTLED,
    EndpointGroup,
    FaultAction,
    FaultTimeline,
    KillInstance,
    Overload,
    RestartDatabase,
    RunCommand,
    RunProgram,
    SetService,
    StopCompanion,
)
from harness.model.measurement import Comparison, Measurement
from harness.model.plan import Plan, Round
from harness.model.slice_summary import SliceSummary
from harness.plan.arrivals import draw_load
from harness.stats.compare import compare_phases, pairs_to_compare
from harness.stats.faults import (
    RECOVERY_STEP_S,
    FaultSlice,
    by_second,
    mean_marks,
    measure_faults,
    phases_of,
)
from harness.store.run_folder import RunFolder
from harness.store.samples import read_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFindings:
    """What faults add to the results of a run."""

    comparisons: tuple[Comparison, ...]
    """Of the main pair, for the KPIs."""
    section: dict[str, Any] | None
    """None: the run has no faults."""


def find_faults(
    folder: RunFolder,
    plan: Plan,
    summaries: Sequence[tuple[int, SliceSummary]],
    *,
    endpoints: Sequence[str],
    confidence: float,
) -> FaultFindings:
    """Measure and compare the phases of the slices with faults.

    Args:
        folder: the run.
        plan: with or without faults.
        summaries: round and summary of the slices that count.
        endpoints: endpoints and patterns that KPIs ask for, beside the groups of the experiment.
        confidence: of every interval.

    Raises:
        MeasurementError: a file of the run is damaged.
    """
    if plan.faults is None:
        return FaultFindings(comparisons=(), section=None)
    timeline = _with_groups(plan.faults, endpoints)
    slices = {
        (variant.id, round_.index): list(_slices(folder, plan, round_, variant.id, summaries))
        for variant in plan.variants
        for round_ in plan.rounds
    }
    slices = {key: found for key, found in slices.items() if found}
    measurements = [
        one
        for (variant_id, index), found in slices.items()
        for one in measure_faults(found, timeline, variant_id=variant_id, round_index=index)
    ]
    pairs = [
        compare_phases(measurements, before=before, after=after, confidence=confidence)
        for before, after in pairs_to_compare([variant.id for variant in plan.variants])
    ]
    by_variant = {
        variant.id: [one for (name, _), found in slices.items() if name == variant.id for one in found]
        for variant in plan.variants
    }
    return FaultFindings(
        comparisons=pairs[0],
        section={
            "good_within_ms": timeline.good_within_ms,
            "recovery_share": timeline.recovery_share,
            "recovery_window_s": timeline.recovery_window_s,
            "recovery_step_s": RECOVERY_STEP_S,
            "refused_statuses": list(timeline.refused_statuses),
            "refused_within_ms": timeline.refused_within_ms,
            "faults": [
                {"id": fault.id, "title": fault.title, "action": action_words(fault.action)}
                for fault in timeline.faults
            ],
            "groups": [asdict(group) for group in timeline.groups],
            "phases": [
                {"id": phase, "title": _phase_title(phase, timeline)} for phase in phases_of(timeline)
            ],
            "variants": [_variant(variant_id, found, timeline) for variant_id, found in by_variant.items()],
            "rounds": list(_recoveries(measurements)),
            "comparisons": [asdict(one) for pair in pairs for one in pair],
        },
    )


def action_words(action: FaultAction) -> str:  # noqa: PLR0911  - one for each action
    """Say what is done, in a few words."""
    match action:
        case SetService():
            return f"PUT {action.path} of {action.companion or action.url}: {_fields(action.start)}"
        case KillInstance():
            return "kill -9 of one process of the server"
        case RestartDatabase():
            return "immediate stop of PostgreSQL, then a start"
        case StopCompanion():
            return f"kill -9 of {action.companion}, then a start"
        case Overload():
            return f"{action.times:g} times the rate"
        case RunProgram():
            return f"meanwhile: {' '.join(action.command)}"
        case RunCommand():
            return " ".join(action.start)


def _fields(body: dict[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in body.items())


def _with_groups(timeline: FaultTimeline, endpoints: Sequence[str]) -> FaultTimeline:
    known = {group.name for group in timeline.groups}
    more = (EndpointGroup(name=name, patterns=(name,)) for name in endpoints if name not in known)
    return replace(timeline, groups=(*timeline.groups, *more))


def _slices(
    folder: RunFolder,
    plan: Plan,
    round_: Round,
    variant_id: str,
    summaries: Sequence[tuple[int, SliceSummary]],
) -> Iterator[FaultSlice]:
    planned = {piece.index: piece for piece in round_.slices}
    for index, summary in summaries:
        if (index, summary.variant) != (round_.index, variant_id):
            continue
        columns = read_samples(folder.slice_samples(index, variant_id, summary.slice))
        arrivals, _ = draw_load(plan.scenario, planned[summary.slice])
        offsets = np.array([arrival.offset_ns for arrival in arrivals], dtype=np.int64)
        is_unsent = np.ones(offsets.size, dtype=bool)
        is_unsent[columns.arrival[columns.arrival < offsets.size]] = False
        yield FaultSlice(
            columns=columns,
            started_ns=summary.report.started_ns,
            duration_s=summary.duration_s,
            marks=tuple(mark for mark in summary.faults if mark.ended_ns),
            unsent_ns=summary.report.started_ns + offsets[is_unsent],
        )


def _phase_title(phase: str, timeline: FaultTimeline) -> str:
    if phase == QUIET:
        return "Quiet, before any fault"
    if phase == RECOVERY:
        return "Recovery, nothing broken any more"
    fault = next(fault for fault in timeline.faults if phase.removesuffix(SETTLED) == fault.id)
    return f"{fault.title}, from {fault.settle_s:g} s on" if phase.endswith(SETTLED) else fault.title


def _variant(variant_id: str, slices: Sequence[FaultSlice], timeline: FaultTimeline) -> dict[str, Any]:
    seconds = by_second(slices, timeline)
    names = ("at_s", "asked", "good", "slow", "refused", "failed", "p50_ms", "p95_ms", "in_flight")
    return {
        "id": variant_id,
        "slice_count": len(slices),
        "marks": [
            {"fault": fault, "start_s": start_s, "end_s": end_s}
            for fault, (start_s, end_s) in mean_marks(slices).items()
        ],
        "seconds": {name: [getattr(second, name) for second in seconds] for name in names},
    }


def _recoveries(measurements: Sequence[Measurement]) -> Iterator[dict[str, Any]]:
    """Yield each round's recovery times of the whole mix: null is never, or not known."""
    for one in measurements:
        if one.metric == "recovery_time" and one.endpoint == "*" and one.phase:
            yield {
                "round": one.round_index,
                "variant": one.variant_id,
                "fault": one.phase,
                "recovery_s": one.value,
                "is_known": one.value is not None,
            }
