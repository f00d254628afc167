"""The runs of a folder, and any two of them beside each other."""

from dataclasses import dataclass
from pathlib import Path

from reports.errors import ReportError
from reports.results import Estimate, Kpi, Results, read_results


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedRun:
    """A run folder; `results` is None where it has none that can be read, and then `fault` says why."""

    name: str
    results: Results | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiPair:
    """One KPI in two runs; None where a run does not have it."""

    id: str
    title: str
    one: Kpi | None
    other: Kpi | None


def find_runs(runs_dir: Path) -> tuple[IndexedRun, ...]:
    """Read every run of a folder, the newest first; one that cannot be read is listed with its fault."""
    folders = [path for path in runs_dir.iterdir() if (path / "plan.json").exists() or _has_results(path)]
    runs = [_indexed(path) for path in folders]
    return tuple(
        sorted(runs, key=lambda run: (run.results.started_at if run.results else "", run.name), reverse=True)
    )


def pair_kpis(one: Results, other: Results) -> tuple[KpiPair, ...]:
    """Put the KPIs of two runs beside each other by their ids, in the order of the first."""
    ones, others = ({kpi.id: kpi for kpi in results.kpis} for results in (one, other))
    return tuple(
        KpiPair(id=id_, title=(ones.get(id_) or others[id_]).title, one=ones.get(id_), other=others.get(id_))
        for id_ in dict.fromkeys([*ones, *others])
    )


def levels_of(results: Results, metric: str, stat: str) -> tuple[Estimate | None, Estimate | None]:
    """Give before and after of one statistic of all requests."""
    found = results.comparison("*", metric, stat)
    return (found.before, found.after) if found else (None, None)


def _has_results(path: Path) -> bool:
    return (path / "results.json").is_file()


def _indexed(path: Path) -> IndexedRun:
    if not _has_results(path):
        return IndexedRun(name=path.name, results=None, fault="no results yet")
    try:
        return IndexedRun(name=path.name, results=read_results(path))
    except ReportError as error:
        return IndexedRun(name=path.name, results=None, fault=error.message)
