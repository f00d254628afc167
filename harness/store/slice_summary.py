"""SliceSummary <-> the flat JSON object beside the samples."""

from dataclasses import asdict
from typing import Any

from harness.model.fault import FaultMark
from harness.model.slice_summary import GeneratorReport, SliceSummary, Spread, WorkerReport

_SPREADS = ("start_lag_ms", "loop_lag_ms")
_OWN_NAMES = ("slice", "variant", "couple", "is_warm_up", "duration_s", "schedule_sha256")


def dump_slice_summary(summary: SliceSummary) -> dict[str, Any]:
    """Return the summary as docs/formats.md shows it: the generator's report flat among the rest."""
    content = asdict(summary)
    report, idle = content.pop("report"), content.pop("idle_cpu_share")
    return {**content, **report, "idle_cpu_share": idle}


def load_slice_summary(content: dict[str, Any]) -> SliceSummary:
    """Return the summary that `dump_slice_summary` wrote.

    Raises:
        KeyError, TypeError: a name is missing, unknown or of another kind.
    """
    own = (*_OWN_NAMES, "idle_cpu_share", "attempt", "is_precision", "faults")
    rest = {name: value for name, value in content.items() if name not in own}
    return SliceSummary(
        **{name: content[name] for name in _OWN_NAMES},
        attempt=content.get("attempt", 1),
        is_precision=content.get("is_precision", False),
        faults=tuple(FaultMark(**mark) for mark in content.get("faults", ())),
        idle_cpu_share=dict(content["idle_cpu_share"]),
        report=load_generator_report(rest),
    )


def load_generator_report(content: dict[str, Any]) -> GeneratorReport:
    """Return the part of a summary that the generator reports.

    Raises:
        KeyError, TypeError: a name is missing, unknown or of another kind.
    """
    workers = tuple(WorkerReport(**{**entry, **_spreads(entry)}) for entry in content.get("workers", ()))
    return GeneratorReport(**{**content, **_spreads(content), "workers": workers})


def _spreads(content: dict[str, Any]) -> dict[str, Spread]:
    return {name: Spread(**content[name]) for name in _SPREADS}
