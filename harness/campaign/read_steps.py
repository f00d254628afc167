"""Read the steps of a capacity run from its folder."""

from dataclasses import dataclass

from harness.errors import MeasurementError
from harness.gates.capacity import is_generator_limited
from harness.model.plan import Plan
from harness.model.slice_summary import GeneratorReport
from harness.model.slo import Slo
from harness.stats.capacity import Step, measure_step
from harness.store.run_folder import RunFolder
from harness.store.samples import read_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNote:
    """What `steps.jsonl` of a round says about one step, beside the summary and the samples of its slice."""

    variant: str
    slice: int
    index: int
    """On the grid of rates."""
    rate: float
    """Arrivals a second."""
    warm_up_s: float
    """The first part of the slice, which does not count."""
    duration_s: float
    """The rest."""


def read_steps(folder: RunFolder, plan: Plan, slo: Slo) -> list[Step]:
    """Return every finished step of the run, in the order in which they ran.

    Raises:
        MeasurementError: a file is damaged.
    """
    reports = {
        (index, summary.variant, summary.slice): summary.report for index, summary in folder.finished_slices()
    }
    steps = []
    for round_ in plan.rounds:
        for line in folder.read_lines(folder.steps_jsonl(round_.index)):
            try:
                note = StepNote(**line)
            except TypeError as error:
                raise MeasurementError(f"{folder.steps_jsonl(round_.index)} is damaged: {error}.") from error
            report = reports.get((round_.index, note.variant, note.slice))
            if report is not None:
                steps.append(read_step(folder, round_.index, note, report, slo))
    return steps


def read_step(folder: RunFolder, round_index: int, note: StepNote, report: GeneratorReport, slo: Slo) -> Step:
    """Return what one stored step shows.

    Raises:
        MeasurementError: its samples are missing or damaged.
    """
    return measure_step(
        read_samples(folder.slice_samples(round_index, note.variant, note.slice)),
        slo,
        variant_id=note.variant,
        round_index=round_index,
        index=note.index,
        counts_from_ns=report.started_ns + round(note.warm_up_s * 1e9),
        duration_s=note.duration_s,
        dropped_count=report.dropped_arrivals,
        is_generator_limited=is_generator_limited(report, slo),
    )
