"""Analyze a run folder: measure, compare, judge, and write results.json.

Only whole rounds take part: those in which every slice that counts was finished. Whatever is missing, the
answer is a verdict with its reason, never a crash and never a pass.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

import numpy as np

from harness.campaign.analyze_capacity import analyze_capacity
from harness.campaign.analyze_faults import find_faults
from harness.campaign.analyze_memory import analyze_memory_run, find_memory
from harness.campaign.analyze_round import AnalyzedRound, VariantRound, analyze_round
from harness.campaign.interruptions import told_interruptions
from harness.campaign.kpi_json import kpi_as_json
from harness.errors import MeasurementError, NoDataError, UsageError
from harness.gates.decide import judge_kpi, judge_run
from harness.gates.effort import Effort
from harness.gates.fault_validity import adapt_to_faults
from harness.gates.guards import ERROR_RATE, check_guards
from harness.gates.kpi_file import read_kpi_file
from harness.gates.validity import RunFacts, VariantFacts, check_client_delay, check_validity
from harness.model.measurement import Comparison, Estimate, Measurement
from harness.model.plan import Plan, Round
from harness.model.slice_summary import SliceSummary
from harness.model.verdict import Kpi, KpiVerdict, Outcome
from harness.plan.plan_file import load_plan
from harness.stats.charts import Window, ecdf, heat_map, shift_function
from harness.stats.columns import FloatArray
from harness.stats.compare import compare, pairs_to_compare
from harness.stats.errors import ErrorGroup
from harness.stats.external_calls import add_external_calls
from harness.stats.layers import measure_layers
from harness.stats.measure import MEMORY_METRICS, METRIC_STATS, WHOLE_MIX
from harness.stats.pairing import add_pairings
from harness.stats.pairs import SLOW, slow_share
from harness.stats.percentiles import QUANTILES, is_resolvable, quantile
from harness.stats.round_changes import round_changes
from harness.stats.runtime import measure_runtime
from harness.stats.statements import looks_repeated
from harness.store.results import SCHEMA_VERSION, write_results
from harness.store.run_folder import RunFolder

TOP_STATEMENTS = 20
"""Statements of each variant that results.json holds; queries.json of each round has more."""

TOP_SERVICES = 100
"""Services, or sets of them, that results.json holds of each variant."""

TOP_ERRORS = 200
"""Groups of failed requests that results.json holds."""

HEAT_REQUESTS = 200
"""Good requests of a variant that a heat map needs: below, its cells would hold one each."""

_STATEMENT_SUMS = ("calls", "total_ms", "rows", "shared_blocks_hit", "shared_blocks_read")


def analyze(folder: RunFolder, *, look: int | None = None) -> dict[str, Any]:
    """Analyze and judge the run in `folder`, and write its results.json; a capacity run by its own rules.

    Args:
        folder: the run.
        look: judge it as if it had ended with this round; None: after the last one, or the one that decided.

    Returns:
        The results as written; docs/formats.md shows them.

    Raises:
        NoDataError: the run ended before it had a plan.
        UsageError: kpis.yaml is missing or has faults, or there is only one variant.
        MeasurementError: a file of the run is damaged, or results.json cannot be written.
    """
    if folder.capacity_json.is_file():
        return analyze_capacity(folder)
    run = _read_run(folder, look or folder.status.get("decided_after"))
    if look is not None:  # the memory phase comes after the rounds
        run = replace(run, plan=replace(run.plan, memory=None))
    if run.plan.memory and not run.plan.rounds:
        return analyze_memory_run(folder, run.plan)
    kpi_file = read_kpi_file(folder.kpis_yaml)
    if look is not None:
        kpi_file = replace(kpi_file, kpis=tuple(_kpis_on_the_way(kpi_file.kpis)))
    environment = folder.read_json(folder.environment_json) if folder.environment_json.is_file() else {}
    rounds = [
        analyze_round(
            folder,
            index=index,
            variants=run.variants,
            finished=run.summaries(index),
            cores=environment.get("machine", {}).get("machine", {}).get("logical_cpus"),
            patterns=kpi_file.patterns,
        )
        for index in run.whole_rounds
    ]
    looks = max(1, len(run.plan.looks))
    confidence = 1 - (1 - kpi_file.confidence) / looks
    measurements = [
        found for one in rounds for variant in one.variants.values() for found in variant.measurements
    ]
    measurements += _slow_shares(run, rounds, measurements)
    ratios = [ratio for one in rounds for ratio in one.ratios]
    pairs = [
        compare(measurements, ratios, before=before, after=after, confidence=confidence)
        for before, after in pairs_to_compare(run.variants)
    ]
    comparisons = pairs[0]
    memory = find_memory(folder, run.plan, kpi_file.kpis, confidence=kpi_file.confidence)
    faults = find_faults(
        folder,
        run.plan,
        run.counting_summaries,
        endpoints=kpi_file.fault_endpoints,
        confidence=confidence,
    )
    judged = (*comparisons, *memory.comparisons, *faults.comparisons)
    effort = Effort(rounds=len(rounds), minutes=_duration_s(run.finished) / 60)
    kpi_verdicts = [judge_kpi(kpi, judged, effort=effort) for kpi in kpi_file.kpis]
    validity = check_validity(run.counting_summaries, _facts(run, rounds))
    checks = (
        *(adapt_to_faults(validity, run.counting_summaries) if run.plan.faults else validity),
        check_client_delay(_contradictions(kpi_verdicts, judged)),
        *memory.checks,
    )
    changes = round_changes(measurements, ratios, before=run.before, after=run.after)
    guards = check_guards(
        # what a fault does to a whole slice guards nothing: its phases are judged
        () if run.plan.faults else changes,
        comparisons,
        kpi_file.kpis,
        tolerances=kpi_file.tolerances(has_looks=bool(run.plan.looks)),
        error_rate=ERROR_RATE / looks,
    )
    verdict = judge_run(kpi_verdicts, checks, guards.worse)
    return write_results(
        folder,
        {
            "schema_version": SCHEMA_VERSION,
            "run_id": folder.run_id,
            "experiment": run.plan.experiment,
            "title": run.plan.title,
            "seed": run.plan.seed,
            "started_at": run.status.get("started_at") or "",
            "duration_s": _duration_s(run.finished),
            "outcome": verdict.outcome.value,
            "reason": verdict.reason,
            "confidence": confidence,
            "variants": list(_variants(run, rounds, pairs)),
            "validity": [asdict(check) for check in checks],
            "kpis": [kpi_as_json(kpi_verdict) for kpi_verdict in kpi_verdicts],
            "guards": asdict(guards),
            "comparisons": [
                asdict(comparison)
                for pair in pairs
                for comparison in pair
                if comparison.endpoint not in kpi_file.patterns
            ],
            "rounds": [_round(run, one) for one in rounds],
            "charts": {
                "ecdf": list(_ecdf_charts(run, rounds)),
                "over_time": list(_over_time_charts(run, rounds)),
                "shift": list(_shift_charts(run, rounds, kpi_file.confidence)),
                "heat": list(_heat_charts(run, rounds)),
                "resources": list(_resource_charts(run, rounds)),
                "runtime": list(_runtime_charts(run, rounds)),
            },
            "queries": {
                variant: _top_statements(
                    folder, run, variant, sum(one.variants[variant].sample_count for one in rounds)
                )
                for variant in run.variants
            },
            "layers": {
                variant: asdict(
                    measure_layers([one.variants[variant].layers for one in rounds], confidence=confidence)
                )
                for variant in run.variants
            },
            "runtime": {
                variant: asdict(
                    measure_runtime([one.variants[variant].runtime for one in rounds], confidence=confidence)
                )
                for variant in run.variants
            },
            "external_calls": dict(_external_calls(run, rounds)),
            "errors": _errors(run, rounds),
            "gap": " ".join(filter(None, (run.gap, told_interruptions(run.status, run.counting_summaries)))),
            **({"memory": memory.section} if memory.section else {}),
            **({"faults": faults.section} if faults.section else {}),
            "environment": environment,
        },
    )


def _kpis_on_the_way(kpis: Sequence[Kpi]) -> Iterator[Kpi]:
    """Yield what can be asked before the run is over: open is open, and memory comes after the rounds."""
    for kpi in kpis:
        if kpi.metric not in MEMORY_METRICS:
            yield replace(kpi, on_inconclusive="inconclusive")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What was planned and what of it is there."""

    plan: Plan
    status: dict[str, Any]
    finished: tuple[tuple[int, SliceSummary], ...]
    """Round and summary of every finished slice."""
    whole_rounds: tuple[int, ...]

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(variant.id for variant in self.plan.variants)

    @property
    def before(self) -> str:
        return self.variants[0]

    @property
    def after(self) -> str:
        return self.variants[-1]

    @property
    def counting_summaries(self) -> list[tuple[int, SliceSummary]]:
        return [
            (index, summary)
            for index, summary in self.finished
            if index in self.whole_rounds and not summary.is_warm_up
        ]

    def summaries(self, round_index: int) -> list[SliceSummary]:
        return [summary for index, summary in self.finished if index == round_index]

    @property
    def gap(self) -> str:
        """What of the plan is missing, in a sentence or two; empty if nothing is."""
        missing = [round_.index for round_ in self.plan.rounds if round_.index not in self.whole_rounds]
        if not missing:
            return ""
        count = f"{len(self.whole_rounds)} of {len(self.plan.rounds)} planned rounds are whole"
        lost = f"{count}; missing: {', '.join(map(str, missing))}."
        return (
            lost
            if self.status.get("state") == "finished"
            else f"{lost} {self.status.get('note', '')}".strip()
        )


def _read_run(folder: RunFolder, round_count: int | None) -> _Run:
    if not folder.plan_json.is_file():
        raise NoDataError(
            f"There is nothing to judge in {folder.path}: the run ended before it had a plan.",
            hint="Run it again.",
        )
    try:
        plan = load_plan(folder.plan_json.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MeasurementError(f"{folder.plan_json} is damaged: {error}.", hint="Run it again.") from error
    if round_count is not None:
        plan = replace(plan, rounds=plan.rounds[:round_count])
    if len(plan.variants) < 2:
        raise UsageError("A comparison needs two variants, the plan has one.", hint="Name before and after.")
    planned = {round_.index for round_ in plan.rounds}
    finished = tuple((index, summary) for index, summary in folder.finished_slices() if index in planned)
    there = {(index, summary.slice, summary.variant) for index, summary in finished}
    return _Run(
        plan=plan,
        status=folder.status,
        finished=finished,
        whole_rounds=tuple(round_.index for round_ in plan.rounds if _needed(round_) <= there),
    )


def _needed(round_: Round) -> set[tuple[int, int, str]]:
    return {(round_.index, piece.index, piece.variant_id) for piece in round_.slices if not piece.is_warm_up}


def _facts(run: _Run, rounds: Sequence[AnalyzedRound]) -> RunFacts:
    return RunFacts(
        planned_round_count=len(run.plan.rounds),
        whole_round_count=len(rounds),
        gap=run.gap,
        pairing=add_pairings(one.pairing for one in rounds),
        variants={
            variant: _variant_facts([one.variants[variant] for one in rounds]) for variant in run.variants
        },
        host=tuple(shares for one in rounds for shares in one.host),
        closed_loop_users=run.plan.scenario.users,
        drifts={variant: [one.variants[variant].drift for one in rounds] for variant in run.variants},
        has_precision=all(one.has_precision for one in rounds),
    )


def _slow_shares(
    run: _Run, rounds: Sequence[AnalyzedRound], measurements: Sequence[Measurement]
) -> Iterator[Measurement]:
    """Yield each round's share of requests over SLOW times the typical p95 of before.

    The limit is one number for all rounds: with a limit of its own a round in which before had bad luck would
    forgive more.
    """
    p95s = [
        found.value
        for found in measurements
        if (found.variant_id, found.endpoint, found.metric, found.stat)
        == (run.before, WHOLE_MIX, "response_time", "p95")
    ]
    known = [value for value in p95s if value is not None]
    limit_ms = SLOW * float(np.median(known)) if known and len(known) == len(p95s) else None
    for one in rounds:
        for variant, seen in one.variants.items():
            yield slow_share(
                _pooled([seen], WHOLE_MIX), limit_ms=limit_ms, variant=variant, round_index=one.index
            )


def _variant_facts(rounds: Sequence[VariantRound]) -> VariantFacts:
    response_ms = _pooled(rounds, WHOLE_MIX)
    q = QUANTILES["p95"]
    return VariantFacts(
        request_count=sum(one.reported_count for one in rounds),
        unanswered_count=sum(one.unanswered_count for one in rounds),
        sample_count=sum(one.sample_count for one in rounds),
        p95_ms=quantile(response_ms, q) if is_resolvable(response_ms.size, q) else None,
    )


def _pooled(rounds: Sequence[VariantRound], endpoint: str) -> FloatArray:
    """Return the good response times of all rounds together."""
    parts = [
        values for one in rounds for name, values in one.response_ms.items() if endpoint in {WHOLE_MIX, name}
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _contradictions(kpi_verdicts: Sequence[KpiVerdict], comparisons: Sequence[Comparison]) -> list[str]:
    """Name the KPIs whose decided verdict on response time is another one on service time."""
    return [
        found.kpi.title
        for found in kpi_verdicts
        if found.kpi.metric == "response_time"
        and found.kpi.stat in METRIC_STATS["service_time"]
        and found.verdict.outcome in {Outcome.PASSED, Outcome.FAILED}
        and found.verdict.outcome
        is not judge_kpi(replace(found.kpi, metric="service_time"), comparisons).verdict.outcome
    ]


def _duration_s(finished: Sequence[tuple[int, SliceSummary]]) -> float:
    if not finished:
        return 0.0
    reports = [summary.report for _, summary in finished]
    return (max(report.ended_ns for report in reports) - min(report.started_ns for report in reports)) / 1e9


def _variants(
    run: _Run, rounds: Sequence[AnalyzedRound], pairs: Sequence[Sequence[Comparison]]
) -> Iterator[dict[str, Any]]:
    for variant in run.plan.variants:
        seen = [one.variants[variant.id] for one in rounds]
        dropped = sum(one.dropped_count for one in seen)
        yield {
            "id": variant.id,
            "title": variant.title,
            "request_count": sum(one.sample_count for one in seen) + dropped,
            "failed_count": sum(one.failed_count for one in seen) + dropped,
            "memory_uss": _level(pairs, variant.id, "memory_uss", "last"),
            "cpu_time": (cpu := _level(pairs, variant.id, "cpu_time", "mean")),
            "requests_per_core": _requests_per_core(cpu),
        }


def _requests_per_core(cpu_time: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return how many requests a second use one core up, by the server's CPU time alone."""
    if cpu_time is None or cpu_time["low"] <= 0:
        return None
    per_second = {end: 1000 / cpu_time[end] for end in ("value", "low", "high")}
    return cpu_time | {
        "value": per_second["value"],
        "low": per_second["high"],
        "high": per_second["low"],
        "unit": "/s",
    }


def _level(
    pairs: Sequence[Sequence[Comparison]], variant: str, metric: str, stat: str
) -> dict[str, Any] | None:
    """Return a variant's level from any pair that it takes part in: it is the same in all of them."""
    key = (WHOLE_MIX, metric, stat)
    pair = next(pair for pair in pairs if variant in {pair[0].baseline, pair[0].variant})
    found = next(c for c in pair if (c.endpoint, c.metric, c.stat) == key)
    return _estimate(found.before if variant == found.baseline else found.after)


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    return asdict(estimate) if estimate else None


def _round(run: _Run, analyzed: AnalyzedRound) -> dict[str, Any]:
    planned = next(round_ for round_ in run.plan.rounds if round_.index == analyzed.index)
    return {
        "index": analyzed.index,
        "places": list(planned.places),
        "slice_count": sum(not piece.is_warm_up for piece in planned.slices),
        "attempts": len({summary.attempt for summary in run.summaries(analyzed.index)}),
        "request_count": {name: seen.sample_count for name, seen in analyzed.variants.items()},
    }


def _ecdf_charts(run: _Run, rounds: Sequence[AnalyzedRound]) -> Iterator[dict[str, Any]]:
    sides = {
        "before": [one.variants[run.before] for one in rounds],
        "after": [one.variants[run.after] for one in rounds],
    }
    endpoints = {name for seen in sides.values() for one in seen for name in one.response_ms}
    for endpoint in (WHOLE_MIX, *sorted(endpoints)):
        lines = {
            side: asdict(ecdf(_pooled(seen, endpoint), round_count=len(seen))) for side, seen in sides.items()
        }
        yield {"endpoint": endpoint, "metric": "response_time", **lines}


def _shift_charts(run: _Run, rounds: Sequence[AnalyzedRound], confidence: float) -> Iterator[dict[str, Any]]:
    """Give the shift function of the mix and of each endpoint, as far as anything of it is resolvable."""
    sides = [[one.variants[variant] for one in rounds] for variant in (run.before, run.after)]
    endpoints = {name for seen in sides for one in seen for name in one.response_ms}
    for endpoint in (WHOLE_MIX, *sorted(endpoints)):
        befores, afters = ([_pooled([one], endpoint) for one in seen] for seen in sides)
        found = shift_function(befores, afters, confidence=confidence)
        if found.points:
            yield {
                "endpoint": endpoint,
                "metric": "response_time",
                "is_simultaneous": found.is_simultaneous,
                "points": [{"share": point.share, **asdict(point.change)} for point in found.points],
            }


def _heat_charts(run: _Run, rounds: Sequence[AnalyzedRound]) -> Iterator[dict[str, Any]]:
    """Give the heat maps of the mix and of each endpoint that has enough requests on both sides."""
    sides = (run.before, run.after)
    endpoints = {name for one in rounds for side in sides for name in one.variants[side].response_ms}
    for endpoint in (WHOLE_MIX, *sorted(endpoints)):
        seen = {side: [one.variants[side] for one in rounds] for side in sides}
        if any(_pooled(seen[side], endpoint).size < HEAT_REQUESTS for side in sides):
            continue
        for side in sides:
            slices = [
                counts.get(endpoint, np.zeros_like(counts[WHOLE_MIX]))
                for one in seen[side]
                for counts in one.heat
            ]
            lengths = [length for one in seen[side] for length in one.window_s]
            yield {"endpoint": endpoint, "variant": side, **asdict(heat_map(slices, window_s=lengths))}


def _resource_charts(run: _Run, rounds: Sequence[AnalyzedRound]) -> Iterator[dict[str, Any]]:
    zero_ns = _zero_ns(run)
    for one in rounds:
        for variant, seen in one.variants.items():
            line = seen.resources
            if line.at_ns:
                yield {
                    "variant": variant,
                    "round": one.index,
                    "at_s": [(at_ns - zero_ns) / 1e9 for at_ns in line.at_ns],
                    "uss_mib": list(line.uss_mib),
                    "cpu_cores": list(line.cpu_cores),
                }


def _runtime_charts(run: _Run, rounds: Sequence[AnalyzedRound]) -> Iterator[dict[str, Any]]:
    zero_ns = _zero_ns(run)
    for one in rounds:
        for variant, seen in one.variants.items():
            line = seen.runtime.line
            if line.at_ns:
                yield {
                    "variant": variant,
                    "round": one.index,
                    "at_s": [(at_ns - zero_ns) / 1e9 for at_ns in line.at_ns],
                    "lag_ms": list(line.lag_ms),
                    "pause_ms": list(line.pause_ms),
                }


def _external_calls(run: _Run, rounds: Sequence[AnalyzedRound]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield what each variant asked of other services; nothing of one that does not tell."""
    for variant in run.variants:
        found = add_external_calls(one.variants[variant].external_calls for one in rounds)
        if found is not None:
            ordered = sorted(found.items(), key=lambda entry: (-entry[1].total_ms, entry[0]))
            yield variant, [{"services": name, **asdict(one)} for name, one in ordered[:TOP_SERVICES]]


def _errors(run: _Run, rounds: Sequence[AnalyzedRound]) -> dict[str, Any]:
    """Add up the groups of failed requests over the rounds, most requests first."""
    totals: Counter[tuple[str, ErrorGroup]] = Counter()
    for one in rounds:
        for variant in run.variants:
            for group, count in one.variants[variant].errors.items():
                totals[variant, group] += count
    ordered = sorted(totals.items(), key=lambda entry: (-entry[1], entry[0][0], astuple(entry[0][1])))
    return {
        "group_count": len(ordered),
        "groups": [
            {"variant": variant, **asdict(group), "count": count}
            for (variant, group), count in ordered[:TOP_ERRORS]
        ],
    }


def _zero_ns(run: _Run) -> int:
    return min((summary.report.started_ns for _, summary in run.finished), default=0)


def _over_time_charts(run: _Run, rounds: Sequence[AnalyzedRound]) -> Iterator[dict[str, Any]]:
    zero_ns = _zero_ns(run)
    for one in rounds:
        for variant, seen in one.variants.items():
            yield {"variant": variant, "round": one.index, **_line(seen.windows, zero_ns)}


def _line(windows: Sequence[Window], zero_ns: int) -> dict[str, Any]:
    return {
        "at_s": [(window.at_ns - zero_ns) / 1e9 for window in windows],
        "p50_ms": [window.p50_ms for window in windows],
        "p95_ms": [window.p95_ms for window in windows],
        "p99_ms": [window.p99_ms for window in windows],
        "request_count": [window.request_count for window in windows],
        "failed_count": [window.failed_count for window in windows],
        "length_s": [window.length_s for window in windows],
        "in_flight": [window.in_flight for window in windows],
    }


def _top_statements(folder: RunFolder, run: _Run, variant: str, request_count: int) -> list[dict[str, Any]]:
    """Add up each statement over the whole rounds; most total time first, then by text."""
    sums: dict[str, dict[str, Any]] = {}
    plans: dict[str, str] = {}
    for index in run.whole_rounds:
        path = folder.queries_json(index, variant)
        statements = folder.read_json(path).get("statements", []) if path.is_file() else []
        for statement in statements:
            total = sums.setdefault(statement["query"], dict.fromkeys(_STATEMENT_SUMS, 0))
            for name in _STATEMENT_SUMS:
                total[name] += statement[name]
            if "plan" in statement:
                plans[statement["query"]] = statement["plan"]
    top = sorted(sums.items(), key=lambda entry: (-entry[1]["total_ms"], entry[0]))[:TOP_STATEMENTS]
    return [_statement(query, total, request_count, plans.get(query)) for query, total in top]


def _statement(query: str, total: dict[str, Any], request_count: int, plan: str | None) -> dict[str, Any]:
    calls, rows = total["calls"], total["rows"]
    calls_per_request = calls / request_count if request_count else None
    return {
        "query": query,
        **total,
        "mean_ms": total["total_ms"] / calls if calls else 0.0,
        "calls_per_request": calls_per_request,
        "looks_repeated": looks_repeated(query, calls=calls, rows=rows, calls_per_request=calls_per_request),
        **({"plan": plan} if plan else {}),
    }
