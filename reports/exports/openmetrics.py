"""OpenMetrics text, which GitLab's metrics report and Prometheus read; every line is one gauge.

The form is that of the OpenMetrics specification 1.0. Labels hold nothing that changes from run to run:
GitLab compares series of two branches by name and labels.
"""

from collections.abc import Iterable, Iterator

from reports.exports.export import Export
from reports.kpi_words import trusted_kpis
from reports.results import Estimate, Kpi, Results

_FAMILIES = (
    ("kpibench_kpi_before", "Level of before, in the unit of the label."),
    ("kpibench_kpi_after", "Level of after, in the unit of the label."),
    ("kpibench_kpi_change_percent", "Change from before to after."),
)
_BOUNDS = ("value", "low", "high")


def _render(results: Results) -> dict[str, str]:
    lines = [*_outcomes(results), *_numbers(results), "# EOF", ""]
    return {"metrics.txt": "\n".join(lines)}


def _outcomes(results: Results) -> Iterator[str]:
    yield from _family("kpibench_run_passed", "1 where the run passed, with a warning or without.")
    passed = int(results.outcome in {"passed", "warned"})
    yield f"kpibench_run_passed{_labels([('experiment', results.experiment)])} {passed}"
    yield from _family("kpibench_kpi_passed", "1 where the KPI passed, with a warning or without.")
    for kpi in results.kpis:
        is_passed = kpi in trusted_kpis(results) and kpi.outcome in {"passed", "warned"}
        yield f"kpibench_kpi_passed{_labels([('kpi', kpi.id)])} {int(is_passed)}"


def _numbers(results: Results) -> Iterator[str]:
    for (name, help_), side in zip(_FAMILIES, ("before", "after", "change"), strict=True):
        yield from _family(name, help_)
        for kpi in trusted_kpis(results):
            estimate: Estimate | None = getattr(kpi, side)
            if estimate is not None:
                yield from _samples(name, kpi, estimate)


def _samples(name: str, kpi: Kpi, estimate: Estimate) -> Iterator[str]:
    labels = [
        ("kpi", kpi.id),
        ("metric", kpi.metric),
        ("stat", kpi.stat),
        ("endpoint", kpi.endpoint),
        ("unit", estimate.unit),
    ]
    for bound in _BOUNDS:
        yield f"{name}{_labels([*labels, ('bound', bound)])} {getattr(estimate, bound)!r}"


def _family(name: str, help_: str) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {help_}"


def _labels(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


OPENMETRICS = Export(id="openmetrics", purpose="GitLab's metrics report, Prometheus", render=_render)
