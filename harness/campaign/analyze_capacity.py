"""Analyze a capacity run: brackets, curves, the fitted law, the verdict; write results.json."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from harness.campaign.read_steps import read_steps
from harness.errors import NoDataError
from harness.gates.capacity import VariantCapacity, judge_capacity
from harness.model.metric import CAPACITY
from harness.model.plan import Plan
from harness.model.slice_summary import SliceSummary
from harness.model.slo import Slo
from harness.model.verdict import Check, Outcome, Verdict
from harness.plan.plan_file import load_plan
from harness.plan.slo import parse_slo
from harness.stats.capacity import (
    CONFIDENCE,
    Bracket,
    Step,
    bracket,
    capacity_change,
    judge_repeats,
    latency_knee,
    rate_at,
    search_of,
)
from harness.stats.capacity_estimate import Share, estimate_capacity
from harness.stats.percentiles import is_resolvable, quantile, samples_needed
from harness.stats.proportion import clopper_pearson
from harness.stats.signed_rank import Interval
from harness.stats.usl import LEAST_POINTS, LEAST_ROUNDS, Point, UslFit, fit_with_interval
from harness.store.results import SCHEMA_VERSION, write_results
from harness.store.run_folder import RunFolder

CLAIM = "change >= 0 %"
"""What a capacity run is judged by: after holds at least what before holds."""


def analyze_capacity(folder: RunFolder) -> dict[str, Any]:
    """Analyze and judge the capacity run in `folder`, and write its results.json.

    A run that was broken off is analyzed as far as it went.

    Returns:
        The results as written.

    Raises:
        NoDataError: the run ended before it had a plan.
        MeasurementError: a file of the run is damaged, or results.json cannot be written.
    """
    if not folder.plan_json.is_file():
        raise NoDataError(f"There is nothing to judge in {folder.path}.", hint="Run it again.")
    plan = load_plan(folder.plan_json.read_text("utf-8"))
    slo = parse_slo(folder.read_json(folder.capacity_json)["slo"])
    steps = read_steps(folder, plan, slo)
    capacities = [_capacity(plan, slo, variant.id, steps) for variant in plan.variants]
    before, after = capacities[0], capacities[-1]
    checks = _checks(folder, plan, steps)
    verdict = _verdict(judge_capacity(before, after), checks)
    finished = [summary for _, summary in folder.finished_slices()]
    change = (
        _estimate(capacity_change(before.estimate, after.estimate), "%", len(plan.rounds))
        if before.estimate and after.estimate
        else None
    )
    environment = folder.read_json(folder.environment_json) if folder.environment_json.is_file() else {}
    cores = _server_cores(plan, environment)
    return write_results(
        folder,
        {
            "schema_version": SCHEMA_VERSION,
            "run_id": folder.run_id,
            "experiment": plan.experiment,
            "title": plan.title,
            "seed": plan.seed,
            "started_at": folder.status.get("started_at") or "",
            "duration_s": _duration_s(finished),
            "outcome": verdict.outcome.value,
            "reason": verdict.reason,
            "confidence": CONFIDENCE,
            "variants": [_variant(variant.id, variant.title, steps) for variant in plan.variants],
            "validity": [asdict(check) for check in checks],
            "kpis": [_kpi(slo, verdict, _of_rounds(before), _of_rounds(after), change)],
            "comparisons": [],
            "rounds": [_round(plan, index, steps) for index in _rounds_with_steps(steps)],
            "charts": {"ecdf": [], "over_time": []},
            "queries": {},
            "gap": "" if folder.status.get("state") == "finished" else folder.status.get("note", ""),
            "capacity": {
                "server_cores": cores,
                "slo": slo.text,
                "stat": slo.latency[0].stat,
                "limit_ms": slo.latency[0].limit_ms,
                "variants": [_section(plan, slo, one, steps, cores) for one in capacities],
                "change": change,
            },
            "environment": environment,
        },
    )


def _capacity(plan: Plan, slo: Slo, variant_id: str, steps: Sequence[Step]) -> VariantCapacity:
    own = [step for step in steps if step.variant_id == variant_id]
    brackets = tuple(
        bracket(search_of(slo, [step for step in own if step.round_index == round_.index]))
        for round_ in plan.rounds
    )
    return VariantCapacity(
        variant_id=variant_id, brackets=brackets, estimate=_lowest_capacity(plan, slo, brackets, own)
    )


def _lowest_capacity(
    plan: Plan, slo: Slo, brackets: Sequence[Bracket], own: Sequence[Step]
) -> Interval | None:
    """Return the capacity by the latency limit that gives in first."""
    found = [
        estimate_capacity(
            brackets,
            [
                Share(
                    rate=rate_at(step.index),
                    over_count=step.counts.over_counts[position],
                    request_count=step.counts.request_count,
                )
                for step in own
                if not step.is_generator_limited and step.counts.request_count
            ],
            limit_share=1 - limit.q,
            seed=plan.seed,
        )
        for position, limit in enumerate(slo.latency)
    ]
    return min((one for one in found if one), key=lambda one: one.value, default=None)


def _checks(folder: RunFolder, plan: Plan, steps: Sequence[Step]) -> tuple[Check, ...]:
    begun, planned = len(_rounds_with_steps(steps)), len(plan.rounds)
    limited = sum(step.is_generator_limited for step in steps)
    reported = sum(summary.report.request_count for _, summary in folder.finished_slices())
    return (
        Check(
            id="rounds-begun",
            ok=begun == planned,
            value=float(begun),
            limit=float(planned),
            detail=f"{begun} of {planned} planned rounds have steps.",
        ),
        Check(
            id="steps-measured",
            ok=bool(reported),
            value=float(reported),
            limit=1.0,
            detail=f"{len(steps)} steps sent {reported:,} requests.",
        ),
        Check(
            id="generator-steps",
            ok=2 * limited <= len(steps),
            value=float(limited),
            limit=len(steps) / 2,
            detail=f"In {limited} of {len(steps)} steps the generator was too slow; these count for nobody.",
        ),
    )


def _verdict(verdict: Verdict, checks: Sequence[Check]) -> Verdict:
    """Let nothing be decided by a run of which nothing is there."""
    broken = next((check for check in checks if check.id == "steps-measured" and not check.ok), None)
    if broken:
        return Verdict(
            outcome=Outcome.INVALID, reason=f"Nothing was measured: {broken.detail} Give more --minutes."
        )
    return verdict


def _variant(variant_id: str, title: str, steps: Sequence[Step]) -> dict[str, Any]:
    counts = [step.counts for step in steps if step.variant_id == variant_id]
    return {
        "id": variant_id,
        "title": title,
        "request_count": sum(one.request_count for one in counts),
        "failed_count": sum(one.failed_count for one in counts),
        "memory_uss": None,
        "cpu_time": None,
    }


def _kpi(
    slo: Slo,
    verdict: Verdict,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    change: dict[str, Any] | None,
) -> dict[str, Any]:
    return {
        "id": "capacity",
        "title": "Capacity is no lower",
        "why": f"The highest rate of arrivals at which {slo.text} holds.",
        "metric": CAPACITY.id,
        "stat": "",
        "endpoint": "*",
        "blocking": True,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "before": before,
        "after": after,
        "change": change,
        "targets": [CLAIM],
    }


def _of_rounds(capacity: VariantCapacity) -> dict[str, Any] | None:
    return _estimate(capacity.estimate, CAPACITY.unit, len(capacity.brackets))


def _estimate(interval: Interval | None, unit: str, count: int) -> dict[str, Any] | None:
    return {**asdict(interval), "unit": unit, "sample_count": count} if interval else None


def _rounds_with_steps(steps: Sequence[Step]) -> list[int]:
    return sorted({step.round_index for step in steps})


def _round(plan: Plan, index: int, steps: Sequence[Step]) -> dict[str, Any]:
    own = [step for step in steps if step.round_index == index]
    return {
        "index": index,
        "places": list(next(one for one in plan.rounds if one.index == index).places),
        "slice_count": len(own),
        "request_count": {
            variant.id: sum(step.counts.request_count for step in own if step.variant_id == variant.id)
            for variant in plan.variants
        },
    }


def _server_cores(plan: Plan, environment: dict[str, Any]) -> int | None:
    """Return how many cores each server was given; None where the servers or their cores are not ours."""
    cores = environment.get("cores")
    return None if not cores or any(variant.url for variant in plan.variants) else len(cores["servers"])


def _section(
    plan: Plan, slo: Slo, capacity: VariantCapacity, steps: Sequence[Step], cores: int | None
) -> dict[str, Any]:
    own = [step for step in steps if step.variant_id == capacity.variant_id and not step.is_generator_limited]
    curve = [_curve_point(slo, index, own) for index in sorted({step.index for step in own})]
    known = [(one["rate"], one["latency_ms"]) for one in curve if one["latency_ms"] is not None]
    law = fit_with_interval(
        [
            [
                Point(concurrency=step.concurrency, throughput=step.throughput)
                for step in own
                if step.round_index == index
            ]
            for index in _rounds_with_steps(own)
        ],
        confidence=CONFIDENCE,
        seed=plan.seed,
    )
    return {
        "id": capacity.variant_id,
        "capacity": _of_rounds(capacity),
        "at_least": capacity.at_least,
        "requests_per_core": _requests_per_core(slo, capacity, own, cores, len(plan.rounds)),
        "reason": capacity.reason,
        "rounds": [
            {"round": round_.index, "low": one.low, "high": one.high, "end": one.end.value}
            for round_, one in zip(plan.rounds, capacity.brackets, strict=True)
        ],
        "errors": _errors(slo, own),
        "curve": curve,
        "latency_knee": latency_knee([rate for rate, _ in known], [latency for _, latency in known]),
        "usl": _law(law) if law else None,
        "usl_reason": ""
        if law
        else f"not enough data: a fit needs {LEAST_POINTS} steps, their concurrency apart by a factor of 2, "
        f"and an interval {LEAST_ROUNDS} rounds",
    }


def _requests_per_core(
    slo: Slo, capacity: VariantCapacity, own: Sequence[Step], cores: int | None, round_count: int
) -> dict[str, Any] | None:
    """Return good answers a second and core at the capacity: an arrival is a journey of several requests.

    How many answers an arrival has is the median over the steps that held; the interval is the capacity's.
    """
    held = [
        step.throughput / rate_at(step.index) for step in own if judge_repeats(slo, [step]).value == "pass"
    ]
    if capacity.estimate is None or not cores or not held:
        return None
    factor = float(np.median(held)) / cores
    ends = {name: factor * end for name, end in asdict(capacity.estimate).items()}
    return {**ends, "unit": "/s", "sample_count": round_count}


def _curve_point(slo: Slo, index: int, own: Sequence[Step]) -> dict[str, Any]:
    at_rate = [step for step in own if step.index == index]
    response_ms = np.concatenate([step.response_ms for step in at_rate])
    limit = slo.latency[0]
    rounds = sorted({step.round_index for step in at_rate})
    return {
        "rate": rate_at(index),
        "throughput": float(np.mean([step.throughput for step in at_rate])),
        "concurrency": float(np.mean([step.concurrency for step in at_rate])),
        "p50_ms": quantile(response_ms, 0.5) if response_ms.size >= samples_needed(0.5) else None,
        "latency_ms": quantile(response_ms, limit.q) if is_resolvable(response_ms.size, limit.q) else None,
        "request_count": sum(step.counts.request_count for step in at_rate),
        "failed_count": sum(step.counts.failed_count for step in at_rate),
        "verdicts": [
            judge_repeats(slo, [step for step in at_rate if step.round_index == round_index]).value
            for round_index in rounds
        ],
    }


def _errors(slo: Slo, own: Sequence[Step]) -> dict[str, Any] | None:
    """Tell the errors of all steps that held together: one step is too short to prove a small share."""
    held = [step for step in own if judge_repeats(slo, [step]).value == "pass"]
    total = sum(step.counts.request_count for step in held)
    if not total:
        return None
    failed = sum(step.counts.failed_count for step in held)
    return {
        "failed_count": failed,
        "request_count": total,
        "share": 100 * failed / total,
        "high": 100 * clopper_pearson(failed, total, CONFIDENCE).high,
        "limit": None if slo.errors is None else 100 * slo.errors.share,
    }


def _law(fit: UslFit) -> dict[str, Any]:
    def told(interval: Interval | None, unit: str) -> dict[str, Any] | None:
        return _estimate(interval, unit, fit.round_count)

    return {
        "rate": told(fit.rate, "/s"),
        "sigma": told(fit.sigma, ""),
        "kappa": told(fit.kappa, ""),
        "knee": told(fit.knee, ""),
        "peak": told(fit.peak, "/s"),
        "band": [
            {"concurrency": n, "throughput": value, "low": low, "high": high}
            for n, value, low, high in fit.band
        ],
    }


def _duration_s(finished: Sequence[SliceSummary]) -> float:
    if not finished:
        return 0.0
    reports = [summary.report for summary in finished]
    return (max(report.ended_ns for report in reports) - min(report.started_ns for report in reports)) / 1e9
