"""Read a KPI file: every fault at once, each with its line."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.documents import Document, load_schema, parse_document, read_document
from harness.gates.tolerances import TOLERANCES, parse_tolerance, tolerances_of
from harness.model.metric import METRIC_BY_ID
from harness.model.verdict import Claim, Kpi, Target
from harness.stats.measure import (
    FAULT_METRICS,
    METRIC_STATS,
    MIX_METRICS,
    MIX_STATS,
    PHASE_STATS,
    SERVER_METRICS,
    WHOLE_MIX,
    is_pattern,
)

DEFAULT_CONFIDENCE = 0.95

_SIZES = {
    "ms": {"us": 1e-3, "ms": 1.0, "s": 1e3},
    "MiB": {"KiB": 2.0**-10, "MiB": 1.0, "GiB": 2.0**10},
    "s": {"ms": 1e-3, "s": 1.0},
    "x": {"x": 1.0},
    "%": {"%": 1.0},
    "/s": {"/s": 1.0},
    "count": {"count": 1.0},
    "B/request": {"B/request": 1.0, "KiB/request": 2.0**10},
}
"""For each metric's unit: in which units a target may be written, and how many of the metric's each is."""

_STATS = {stat for stats in METRIC_STATS.values() for stat in stats}

_TARGET = re.compile(
    r"\s*(?P<change>change\s+)?(?P<operator><=|>=|<|>)\s*(?P<value>[+-]?(\d+(\.\d*)?|\.\d+))\s*(?P<unit>\S*)\s*"
)


_HINT = "harness/gates/kpi_file.schema.json tells what a KPI file may hold."


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiFile:
    """The claims of one KPI file."""

    text: str
    """As it was read."""
    confidence: float
    kpis: tuple[Kpi, ...]
    guards: Mapping[str, str] = field(default_factory=dict)
    """By metric, what the file says of their tolerances."""

    def tolerances(self, *, has_looks: bool) -> Mapping[str, float]:
        """Return by how much each metric that is watched may get worse; see `tolerances_of`."""
        return tolerances_of(self.guards, has_looks=has_looks)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The groups of endpoints that KPIs are about, `GET *` for one; each once."""
        return tuple(
            dict.fromkeys(
                kpi.endpoint for kpi in self.kpis if is_pattern(kpi.endpoint) and not _is_of_faults(kpi)
            )
        )

    @property
    def fault_endpoints(self) -> tuple[str, ...]:
        """What KPIs on phases and recovery are about, beside the whole mix: endpoints, patterns, groups."""
        return tuple(
            dict.fromkeys(
                kpi.endpoint for kpi in self.kpis if _is_of_faults(kpi) and kpi.endpoint != WHOLE_MIX
            )
        )


def _is_of_faults(kpi: Kpi) -> bool:
    return bool(kpi.phase) or kpi.metric in FAULT_METRICS


def read_kpi_file(path: Path) -> KpiFile:
    """Read the KPI file at `path`.

    Raises:
        UsageError: there is no such file, or it has faults; all of them are named, each with its line.
    """
    return _load(read_document(path, _schema(), check=_meaning_faults, hint=_HINT))


def parse_kpi_file(text: str, *, name: str) -> KpiFile:
    """Read a KPI file from its text; see `read_kpi_file`."""
    return _load(parse_document(text, _schema(), name=name, check=_meaning_faults, hint=_HINT))


def _schema() -> dict[str, Any]:
    return load_schema("harness.gates", "kpi_file.schema.json")


def _load(document: Document) -> KpiFile:
    comparison = document.content.get("comparison", {})
    return KpiFile(
        text=document.text,
        confidence=float(comparison.get("confidence", DEFAULT_CONFIDENCE)),
        kpis=tuple(
            _kpi(entry, comparison, document.line("kpis", position))
            for position, entry in enumerate(document.content["kpis"])
        ),
        guards=document.content.get("guards", {}),
    )


def _kpi(entry: dict[str, Any], comparison: dict[str, Any], line: int) -> Kpi:
    unit = METRIC_BY_ID[entry["metric"]].unit
    return Kpi(
        id=entry["id"],
        title=entry["title"],
        why=entry.get("why", ""),
        metric=entry["metric"],
        stat=entry["stat"],
        endpoint=entry.get("endpoint", WHOLE_MIX),
        targets=tuple(parse_target(text, unit) for text in entry["target"]),
        warn=tuple(parse_target(text, unit) for text in entry.get("warn", ())),
        is_blocking=entry.get("gate", "blocking") == "blocking",
        decide_on=entry.get("decide_on", "ci"),
        claim=Claim(**entry["claim"]) if "claim" in entry else None,
        owner=entry.get("owner", ""),
        line=line,
        on_inconclusive=comparison.get("on_inconclusive", "inconclusive"),
        on_missing_baseline=comparison.get("on_missing_baseline", "no_data"),
        min_requests=comparison.get("min_requests", 0),
        phase=entry.get("phase", ""),
    )


def parse_target(text: str, unit: str) -> Target:
    """Return the target that `text` says about a metric measured in `unit`; its value is in `unit` too.

    Raises:
        ValueError: it is none; the message says why.
    """
    match = _TARGET.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no target; write '<= 400 ms' or 'change <= -60 %'")
    is_change = match["change"] is not None
    sizes = _SIZES["%" if is_change else unit]
    if not match["unit"]:
        raise ValueError(f"{text!r} has no unit; give one of {', '.join(sizes)}")
    if match["unit"] not in sizes:
        kind = "a change" if is_change else "this metric"
        raise ValueError(f"{text!r}: {kind} is not given in {match['unit']}, but in {', '.join(sizes)}")
    value = float(match["value"]) * sizes[match["unit"]]
    if is_change and value < -100:
        raise ValueError(f"{text!r}: nothing falls by more than 100 %")
    return Target(
        text=text,
        is_change=is_change,
        operator=match["operator"],
        value=value,
        unit="%" if is_change else unit,
    )


def _meaning_faults(document: Document) -> Iterator[tuple[int, str]]:
    """Find what a schema cannot say; looks only at entries of the right shape, the schema tells of others."""
    yield from _guard_faults(document)
    kpis = document.content.get("kpis") if isinstance(document.content, dict) else None
    line_by_id: dict[str, int] = {}
    for position, entry in enumerate(kpis if isinstance(kpis, list) else ()):
        if not isinstance(entry, dict):
            continue
        line = document.line("kpis", position, "id")
        if isinstance(entry.get("id"), str):
            first = line_by_id.setdefault(entry["id"], line)
            if first != line:
                yield line, f"the id {entry['id']!r} is taken, see line {first}"
        if entry.get("metric") in METRIC_STATS:
            yield from _metric_faults(document, position, entry)


def _guard_faults(document: Document) -> Iterator[tuple[int, str]]:
    guards = document.content.get("guards") if isinstance(document.content, dict) else None
    for metric, text in guards.items() if isinstance(guards, dict) else ():
        if metric in TOLERANCES and isinstance(text, str):
            try:
                parse_tolerance(text, metric)
            except ValueError as fault:
                yield document.line("guards", metric), str(fault)


def _metric_faults(document: Document, position: int, entry: dict[str, Any]) -> Iterator[tuple[int, str]]:
    metric, stat = entry["metric"], entry.get("stat")
    if stat in _STATS and stat not in METRIC_STATS[metric]:
        told = ", ".join(METRIC_STATS[metric])
        yield document.line("kpis", position, "stat"), f"{metric} has no {stat}; it has {told}"
    if "phase" in entry and stat not in PHASE_STATS.get(metric, ()):
        yield document.line("kpis", position, "phase"), f"{metric} {stat} is of no phase, leave it out"
    if metric in FAULT_METRICS and metric != "recovery_time" and "phase" not in entry:
        told = f"{metric} is of a phase: give quiet, recovery or a fault's id"
        yield document.line("kpis", position, "metric"), told
    if (metric in MIX_METRICS or stat in MIX_STATS) and entry.get("endpoint", WHOLE_MIX) != WHOLE_MIX:
        line = document.line("kpis", position, "endpoint")
        what = (
            f"{metric} belongs to the server"
            if metric in SERVER_METRICS
            else f"{metric} {stat} is of the mix"
        )
        yield line, f"{what}, not of an endpoint; write '*' or leave it out"
    targets = dict(_readable_targets(entry, "target"))
    limits = dict(_readable_targets(entry, "warn"))
    yield from _target_faults(document, position, entry)
    for index, limit in limits.items():
        told = _limit_fault(limit, tuple(targets.values()))
        if told:
            yield document.line("kpis", position, "warn", index), told


def _texts(entry: dict[str, Any], key: str) -> Iterator[tuple[int, str]]:
    texts = entry.get(key)
    for index, text in enumerate(texts if isinstance(texts, list) else ()):
        if isinstance(text, str):
            yield index, text


def _readable_targets(entry: dict[str, Any], key: str) -> Iterator[tuple[int, Target]]:
    for index, text in _texts(entry, key):
        with suppress(ValueError):  # told by `_target_faults`
            yield index, parse_target(text, METRIC_BY_ID[entry["metric"]].unit)


def _target_faults(document: Document, position: int, entry: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for key in ("target", "warn"):
        for index, text in _texts(entry, key):
            try:
                parse_target(text, METRIC_BY_ID[entry["metric"]].unit)
            except ValueError as fault:
                yield document.line("kpis", position, key, index), str(fault)


def _limit_fault(limit: Target, targets: tuple[Target, ...]) -> str:
    """Tell why a warning limit makes no sense; empty if it is looser than each target of its kind."""
    guarded = [target for target in targets if limit.is_behind(target)]
    if not guarded:
        return f"{limit.text!r} warns of nothing: no target bounds the same number on the same side"
    tighter = [target for target in guarded if not limit.is_looser_than(target)]
    return f"{limit.text!r} must be looser than the target {tighter[0].text!r}" if tighter else ""
