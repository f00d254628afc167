"""Analyze the memory phase: slopes, states, checks, comparisons for the KPIs, a section of results.json."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from harness.campaign.interruptions import told_interruptions
from harness.campaign.kpi_json import kpi_as_json
from harness.errors import NoDataError
from harness.gates.decide import judge_kpi, judge_run
from harness.gates.kpi_file import read_kpi_file
from harness.model.measurement import Comparison, Estimate
from harness.model.memory import LEAK_TOLERANCE, Checkpoint, MemoryPhase
from harness.model.metric import METRIC_BY_ID
from harness.model.plan import Plan
from harness.model.verdict import Check, Kpi
from harness.stats.leak import (
    DESCRIPTORS,
    LIVE_HEAP,
    THREADS,
    USS,
    Growth,
    LeakFinding,
    LeakState,
    added_growth,
    judge_after,
    judge_alone,
    measure_growth,
)
from harness.stats.measure import MEMORY_METRICS, METRIC_STATS, WHOLE_MIX
from harness.store.memory_looks import read_looks
from harness.store.results import SCHEMA_VERSION, write_results
from harness.store.run_folder import RunFolder

MOST_FAILED_SHARE = 0.01
"""More failed requests, and it is no longer the work of the scenario that is looked at."""
TOP_SITES = 10
LEAST_SITE_SHARE = 0.02
"""Of the traced growth: less than that of it is not worth a line."""
LEAST_ENTRIES = 0.05
"""Entries a request from which on a container grows with the requests."""
CURVE_POINTS = 200

_QUANTITIES = {
    "live_heap_slope": LIVE_HEAP,
    "uss_slope": USS,
    "fd_slope": DESCRIPTORS,
    "thread_slope": THREADS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What all repeats say of one variant."""

    id: str
    repeats: tuple[tuple[Checkpoint, ...], ...]
    source: str
    """`probe`, `process` or, without any whole repeat, `none`."""
    growths: Mapping[str, Growth]
    """By metric."""

    @property
    def main(self) -> Growth:
        """The growth that its state is judged by: USS where it does not tell its live heap."""
        return self.growths["live_heap_slope" if self.source == "probe" else "uss_slope"]

    @property
    def request_count(self) -> int:
        return sum(looks[-1].requests for looks in self.repeats if looks)

    @property
    def failed_count(self) -> int:
        return sum(looks[-1].failed for looks in self.repeats if looks)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFindings:
    """What the phase adds to the results of a run."""

    comparisons: tuple[Comparison, ...]
    """For the KPIs; the section tells the same numbers to people."""
    checks: tuple[Check, ...]
    section: dict[str, Any] | None
    """None: the run has no memory phase."""


def analyze_memory_run(folder: RunFolder, plan: Plan) -> dict[str, Any]:
    """Analyze and judge a run that has a memory phase and no rounds, and write its results.json.

    Raises:
        NoDataError: no repeat is whole.
        UsageError: kpis.yaml is missing or has faults.
        MeasurementError: a file of the run is damaged, or results.json cannot be written.
    """
    kpi_file = read_kpi_file(folder.kpis_yaml)
    findings = find_memory(folder, plan, kpi_file.kpis, confidence=kpi_file.confidence)
    if findings.section is None:
        raise NoDataError(f"There is nothing to judge in {folder.path}.", hint="Run it again.")
    kpi_verdicts = [judge_kpi(kpi, findings.comparisons) for kpi in kpi_file.kpis]
    verdict = judge_run(kpi_verdicts, findings.checks)
    counts = {one["id"]: one for one in findings.section["variants"]}
    return write_results(
        folder,
        {
            "schema_version": SCHEMA_VERSION,
            "run_id": folder.run_id,
            "experiment": plan.experiment,
            "title": plan.title,
            "seed": plan.seed,
            "started_at": folder.status.get("started_at") or "",
            "duration_s": _duration_s(folder.status),
            "outcome": verdict.outcome.value,
            "reason": verdict.reason,
            "confidence": kpi_file.confidence,
            "variants": [
                {
                    "id": variant.id,
                    "title": variant.title,
                    "request_count": counts[variant.id]["request_count"],
                    "failed_count": counts[variant.id]["failed_count"],
                    "memory_uss": None,
                    "cpu_time": None,
                }
                for variant in plan.variants
            ],
            "validity": [asdict(check) for check in findings.checks],
            "kpis": [kpi_as_json(found) for found in kpi_verdicts],
            "comparisons": [],
            "rounds": [],
            "charts": {"ecdf": [], "over_time": []},
            "queries": {},
            "gap": " ".join(
                filter(
                    None,
                    (
                        "" if folder.status.get("state") == "finished" else folder.status.get("note", ""),
                        told_interruptions(folder.status, ()),
                    ),
                )
            ),
            "memory": findings.section,
            "environment": folder.read_json(folder.environment_json)
            if folder.environment_json.is_file()
            else {},
        },
    )


def find_memory(folder: RunFolder, plan: Plan, kpis: Sequence[Kpi], *, confidence: float) -> MemoryFindings:
    """Measure and judge the memory phase of a run; without one, each of its metrics was not measured.

    Args:
        folder: holds the looks.
        plan: says what was asked; its first variant is before, its last is after.
        kpis: the first absolute target on `live_heap_slope` or `uss_slope` sets the states' tolerance.
        confidence: of every interval.
    """
    if plan.memory is None:
        missing = "not measured: the experiment has no memory phase"
        return MemoryFindings(comparisons=tuple(_not_measured(missing)), checks=(), section=None)
    measured = [_measure(folder, plan.memory, variant.id, confidence) for variant in plan.variants]
    before, after = measured[0], measured[-1]
    tolerance = leak_tolerance(kpis)
    return MemoryFindings(
        comparisons=tuple(_compare(before, after, tolerance, confidence)),
        checks=tuple(_checks(plan.memory, measured)),
        section=_section(folder, plan.memory, measured, tolerance, confidence),
    )


def leak_tolerance(kpis: Sequence[Kpi]) -> float:
    """Return from how many bytes a request on it is a leak: what the KPI file says, else LEAK_TOLERANCE."""
    return next(
        (
            target.value
            for kpi in kpis
            if kpi.metric in {"live_heap_slope", "uss_slope"}
            for target in kpi.targets
            if not target.is_change and target.operator in {"<=", "<"}
        ),
        LEAK_TOLERANCE,
    )


def _measure(folder: RunFolder, phase: MemoryPhase, variant_id: str, confidence: float) -> _Measured:
    whole = [repeat for repeat in range(1, phase.repeats + 1) if folder.repeat_json(repeat).is_file()]
    repeats = tuple(read_looks(folder, repeat, variant_id) for repeat in whole)
    sources = {folder.read_json(folder.repeat_json(repeat))["sources"].get(variant_id) for repeat in whole}
    tells_heap = all(look.live_bytes is not None for looks in repeats for look in looks)
    return _Measured(
        id=variant_id,
        repeats=repeats,
        source="none" if not repeats else "probe" if tells_heap and sources == {"probe"} else "process",
        growths={
            metric: measure_growth(repeats, quantity, confidence=confidence)
            for metric, quantity in _QUANTITIES.items()
        },
    )


def _compare(
    before: _Measured, after: _Measured, tolerance: float, confidence: float
) -> Iterator[Comparison]:
    counts = (before.request_count, after.request_count)
    for metric in MEMORY_METRICS:
        pair = (before.growths[metric], after.growths[metric])
        yield _comparison(metric, "slope", *pair, counts, tolerance)
        if "added" in METRIC_STATS[metric]:
            added = added_growth(*pair, confidence=confidence)
            yield _comparison(metric, "added", None, added, counts, tolerance)


def _comparison(
    metric: str, stat: str, before: Growth | None, after: Growth, counts: tuple[int, int], tolerance: float
) -> Comparison:
    """Make a level that a KPI can be judged by: none of a growth that is about to end and not yet small."""
    limit = tolerance if metric in {"live_heap_slope", "uss_slope"} else 0.0
    is_open = after.interval is not None and after.is_curving and after.interval.high >= limit
    told = _why_unknown(metric, after.reason)
    return Comparison(
        endpoint=WHOLE_MIX,
        metric=metric,
        stat=stat,
        before=_estimate(before, metric) if before else None,
        after=None if is_open else _estimate(after, metric),
        change=None,
        before_count=counts[0],
        after_count=counts[1],
        reason="it still grows, but ever less: give more requests" if is_open else told,
    )


def _why_unknown(metric: str, reason: str) -> str:
    if metric == "live_heap_slope" and reason.startswith("the server does not tell"):
        return "the server mounts no memory probe that tells its live heap; uss_slope is the coarser ruler"
    return reason


def _not_measured(reason: str) -> Iterator[Comparison]:
    for metric in MEMORY_METRICS:
        for stat in METRIC_STATS[metric]:
            yield Comparison(
                endpoint=WHOLE_MIX,
                metric=metric,
                stat=stat,
                before=None,
                after=None,
                change=None,
                before_count=0,
                after_count=0,
                reason=reason,
            )


def _estimate(growth: Growth, metric: str) -> Estimate | None:
    if growth.interval is None:
        return None
    return Estimate(
        value=growth.interval.value,
        low=growth.interval.low,
        high=growth.interval.high,
        unit=METRIC_BY_ID[metric].unit,
        sample_count=len(growth.slopes),
    )


def _checks(phase: MemoryPhase, measured: Sequence[_Measured]) -> Iterator[Check]:
    whole = min(len(one.repeats) for one in measured)
    yield Check(
        id="memory-repeats",
        ok=whole == phase.repeats,
        value=float(whole),
        limit=float(phase.repeats),
        detail=f"{whole} of {phase.repeats} planned repeats of the memory phase are whole.",
    )
    shares = {one.id: one.failed_count / max(1, one.request_count) for one in measured}
    worst = max(shares, key=lambda name: shares[name])
    yield Check(
        id="memory-failed-requests",
        ok=shares[worst] <= MOST_FAILED_SHARE,
        value=100 * shares[worst],
        limit=100 * MOST_FAILED_SHARE,
        detail=f"{100 * shares[worst]:.2g} % of the requests to {worst} failed in the memory phase; above"
        f" {100 * MOST_FAILED_SHARE:g} % it is the memory of failures that is seen.",
    )
    counts = [len({look.pid for look in looks}) for one in measured for looks in one.repeats]
    most = max(counts, default=0)
    yield Check(
        id="memory-one-process",
        ok=most <= 1,
        value=float(most),
        limit=1.0,
        detail="One process told its memory in each repeat."
        if most <= 1
        else f"{most} processes answered the probe in turns: run the server with one worker.",
    )
    sources = {one.source for one in measured}
    yield Check(
        id="memory-same-ruler",
        ok=len(sources) == 1,
        value=float(len(sources)),
        limit=1.0,
        detail="All variants were measured in the same way."
        if len(sources) == 1
        else "Some variants tell their live heap and some do not: mount the probe in all or in none.",
    )


def _section(
    folder: RunFolder, phase: MemoryPhase, measured: Sequence[_Measured], tolerance: float, confidence: float
) -> dict[str, Any]:
    before, after = measured[0], measured[-1]
    added = added_growth(before.main, after.main, confidence=confidence)
    finding = judge_after(after.main, added, tolerance)
    return {
        "repeats": phase.repeats,
        "requests": phase.requests,
        "tolerance": tolerance,
        "state": finding.state.value,
        "reason": finding.reason,
        "ruler": _ruler(measured),
        "added": asdict(found) if (found := _estimate(added, "live_heap_slope")) else None,
        "variants": [
            _variant(folder, one, judge_alone(one.main, tolerance) if one is not after else finding)
            for one in measured
        ],
    }


def _ruler(measured: Sequence[_Measured]) -> str:
    """Say by what memory was measured, and how small a leak that can see."""
    if all(one.source == "probe" for one in measured):
        return "Live heap after a garbage collection, as the servers' probe tells it."
    halves = [(one.main.interval.high - one.main.interval.low) / 2 for one in measured if one.main.interval]
    blind = f" Here it cannot tell {max(halves):,.0f} bytes a request from none." if halves else ""
    return (
        "Memory pages of the processes (USS), since not every server mounts the probe: what an allocator"
        f" keeps in reserve counts too, so this ruler is coarse.{blind}"
    )


def _variant(folder: RunFolder, one: _Measured, finding: LeakFinding) -> dict[str, Any]:
    estimates = {metric: _estimate(growth, metric) for metric, growth in one.growths.items()}
    return {
        "id": one.id,
        "source": one.source,
        "state": finding.state.value,
        "reason": finding.reason,
        "request_count": one.request_count,
        "failed_count": one.failed_count,
        **{metric: asdict(found) if found else None for metric, found in estimates.items()},
        "slopes": list(one.main.slopes),
        "notes": list(_notes(one, finding)),
        "lines": [_line(number, looks) for number, looks in enumerate(one.repeats, 1)],
        **_allocations(folder, one.id),
    }


def _notes(one: _Measured, finding: LeakFinding) -> Iterator[str]:
    """Say what else grows, and that pages which grow above a flat heap are no leak."""
    uss = one.growths["uss_slope"].interval
    if one.source == "probe" and finding.state is LeakState.NO_LEAK and uss and uss.low > LEAK_TOLERANCE:
        yield (
            f"Its pages (USS) grow by {uss.value:,.0f} bytes a request above a flat live heap: the allocator"
            " keeps what it cannot give back (fragmentation). That is no leak."
        )
    for metric, what in (("fd_slope", "file descriptors"), ("thread_slope", "threads")):
        interval = one.growths[metric].interval
        if interval and interval.low > 0:
            yield f"It keeps {interval.value:,.3g} {what} in 1,000 requests: they leak."


def _line(number: int, looks: Sequence[Checkpoint]) -> dict[str, Any]:
    kept = looks[:: max(1, len(looks) // CURVE_POINTS)]
    return {
        "repeat": number,
        "requests": [look.requests for look in kept],
        "live_mib": [None if look.live_bytes is None else look.live_bytes / 2**20 for look in kept],
        "uss_mib": [look.uss_bytes / 2**20 for look in kept],
        "rss_mib": [look.rss_bytes / 2**20 for look in kept],
    }


def _allocations(folder: RunFolder, variant_id: str) -> dict[str, Any]:
    """Tell which lines allocated what stayed while a traced server was loaded, and which containers grew."""
    path = folder.memory_trace_json(variant_id)
    if not path.is_file():
        return {"sites": [], "containers": []}
    trace = folder.read_json(path)
    requests = trace["requests"]
    return {
        "sites": _grown_sites(trace["start"]["sites"], trace["end"]["sites"], requests),
        "containers": _grown_containers(trace["start"]["containers"], trace["end"]["containers"], requests),
    }


def _grown_sites(
    start: Sequence[Mapping[str, Any]], end: Sequence[Mapping[str, Any]], requests: int
) -> list[dict[str, Any]]:
    held = {one["place"]: one for one in start}
    grown = []
    for one in end:
        then = held.get(one["place"], {"bytes": 0, "blocks": 0})
        grown.append(
            {
                "place": one["place"],
                "bytes_per_request": (one["bytes"] - then["bytes"]) / requests,
                "blocks_per_request": (one["blocks"] - then["blocks"]) / requests,
            }
        )
    total = sum(max(0.0, one["bytes_per_request"]) for one in grown)
    kept = [one for one in grown if one["bytes_per_request"] > LEAST_SITE_SHARE * total]
    return sorted(kept, key=lambda one: -one["bytes_per_request"])[:TOP_SITES]


def _grown_containers(
    start: Sequence[Mapping[str, Any]], end: Sequence[Mapping[str, Any]], requests: int
) -> list[dict[str, Any]]:
    lengths = Counter[tuple[str, str]]()
    for sign, side in ((-1, start), (1, end)):
        for one in side:
            lengths[one["name"], one["type"]] += sign * one["length"]
    grown: list[dict[str, Any]] = [
        {"name": name, "type": kind, "entries_per_request": length / requests}
        for (name, kind), length in lengths.items()
        if length / requests >= LEAST_ENTRIES
    ]
    return sorted(grown, key=lambda one: -one["entries_per_request"])[:TOP_SITES]


def _duration_s(status: Mapping[str, Any]) -> float:
    if not status.get("started_at") or not status.get("ended_at"):
        return 0.0
    return (
        datetime.fromisoformat(status["ended_at"]) - datetime.fromisoformat(status["started_at"])
    ).total_seconds()
