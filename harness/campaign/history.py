"""The KPIs of all stored runs, oldest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.campaign.compare_runs import find_differences
from harness.errors import KpibenchError
from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class PastKpi:
    """What one run found of one KPI."""

    run_id: str
    started_at: str
    outcome: str
    value: float | None
    """Of after; None where it was not measured."""
    low: float | None
    high: float | None
    unit: str
    changed: tuple[str, ...]
    """In what the run was not measured like the one before it; empty where it was."""

    @property
    def counts(self) -> bool:
        """Tell whether its number may be compared with others: not that of an invalid run."""
        return self.value is not None and self.outcome != "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One KPI of one experiment over its runs."""

    experiment: str
    kpi_id: str
    title: str
    runs: tuple[PastKpi, ...]


def read_histories(runs: Path) -> tuple[History, ...]:
    """Read the KPIs of all runs below `runs`, by experiment and in the order of their latest KPI file.

    A folder without results, or with damaged ones, takes no part.
    """
    found: dict[tuple[str, str], list[PastKpi]] = {}
    titles: dict[tuple[str, str], str] = {}
    last_folder: dict[str, RunFolder] = {}
    for folder, results in sorted(
        _results(runs), key=lambda entry: (entry[1]["started_at"], entry[0].run_id)
    ):
        experiment = results["experiment"]
        before = last_folder.get(experiment)
        changed = _changed(before, folder) if before else ()
        last_folder[experiment] = folder
        for kpi in results["kpis"]:
            key = (experiment, kpi["id"])
            titles[key] = kpi["title"]
            found.setdefault(key, []).append(_past(folder, results, kpi, changed))
    return tuple(
        History(experiment=key[0], kpi_id=key[1], title=titles[key], runs=tuple(past))
        for key, past in found.items()
    )


def _results(runs: Path) -> Iterator[tuple[RunFolder, dict[str, Any]]]:
    for path in runs.glob("*/results.json"):
        try:
            results = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(results, dict) and {"experiment", "started_at", "kpis", "outcome"} <= results.keys():
            yield RunFolder(path=path.parent), results


def _changed(before: RunFolder, folder: RunFolder) -> tuple[str, ...]:
    try:
        return tuple(what for what, _, _ in find_differences(before, folder))
    except KpibenchError:
        return ("plan.json or environment.json, which cannot be read",)


def _past(
    folder: RunFolder, results: dict[str, Any], kpi: dict[str, Any], changed: tuple[str, ...]
) -> PastKpi:
    after = kpi["after"] or {}
    return PastKpi(
        run_id=folder.run_id,
        started_at=results["started_at"],
        outcome="invalid" if results["outcome"] == "invalid" else kpi["outcome"],
        value=after.get("value"),
        low=after.get("low"),
        high=after.get("high"),
        unit=after.get("unit", ""),
        changed=changed,
    )
