"""Compare the `after` of two stored runs: what they must have in common, and what the numbers then say."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.campaign.analyze_round import analyze_round
from harness.errors import UsageError
from harness.gates.decide import judge_kpi, judge_run
from harness.gates.kpi_file import KpiFile
from harness.model.measurement import Measurement
from harness.model.plan import Plan
from harness.model.verdict import KpiVerdict, Outcome, Verdict
from harness.plan.plan_file import load_plan
from harness.stats.compare import compare
from harness.store.results import read_results
from harness.store.run_folder import RunFolder

Difference = tuple[str, Any, Any]
"""What differs, how it was in the baseline, how it is in the run."""

_BASELINE, _RUN = "baseline", "run"
_MACHINE_FACTS = ("machine", "system", "python", "packages")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """What a run shows against another one that was measured at another time."""

    verdict: Verdict
    kpis: tuple[KpiVerdict, ...]
    differences: tuple[Difference, ...]


def compare_runs(
    folder: RunFolder, baseline: RunFolder, kpi_file: KpiFile, *, are_differences_allowed: bool
) -> RunComparison:
    """Judge the `after` of a run against the `after` of another run.

    Raises:
        UsageError: they differ in script, data, load, machine or versions; each difference is named.
        MeasurementError: a file of a run is missing or damaged.
    """
    differences = tuple(find_differences(baseline, folder))
    if differences and not are_differences_allowed:
        raise UsageError(
            f"{folder.path} and {baseline.path} cannot be compared, they were not measured alike:\n"
            + "\n".join(f"  {line}" for line in map(tell_difference, differences)),
            hint="Measure both in one run, or accept weaker evidence: --allow-different.",
        )
    measurements = [
        *_measurements(baseline, kpi_file, _BASELINE),
        *_measurements(folder, kpi_file, _RUN),
    ]
    comparisons = compare(
        measurements, before=_BASELINE, after=_RUN, confidence=kpi_file.confidence, is_paired=False
    )
    kpis = tuple(judge_kpi(kpi, comparisons) for kpi in kpi_file.kpis)
    return RunComparison(verdict=_verdict(folder, baseline, kpis), kpis=kpis, differences=differences)


def plan_of(folder: RunFolder) -> Plan:
    """Return what was planned.

    Raises:
        UsageError: there is no whole plan.
    """
    try:
        return load_plan(folder.plan_json.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder.path} has no whole plan.json: {error}.", hint="Give a run.") from error


def find_differences(then: RunFolder, now: RunFolder) -> Iterator[Difference]:
    """Yield what two runs do not have in common and should, to be compared."""
    first, second = (_conditions(folder) for folder in (then, now))
    for what in sorted({*first, *second}):
        if first.get(what) != second.get(what):
            yield what, first.get(what), second.get(what)


def tell_difference(difference: Difference) -> str:
    """Say a difference in a line, hashes cut short."""
    what, then, now = difference
    return f"{what}: {_shown(then)} in the baseline, {_shown(now)} in this run"


def _conditions(folder: RunFolder) -> dict[str, Any]:
    plan = plan_of(folder)
    environment = folder.read_json(folder.environment_json)
    after = plan.variants[-1].id
    inputs = environment.get("inputs") or {}
    database = environment.get("database") or {}
    return {
        "the script": inputs.get("scenario_sha256", "not noted"),
        "the data set": (inputs.get("data") or {}).get(after, "none"),
        "the size of the data": plan.scale,
        "the seed": plan.seed,
        **{f"the load, {name}": value for name, value in _load(plan).items()},
        **{f"the database's {name}": database.get(name) for name in ("version", "settings")},
        "the cores": environment.get("cores"),
        **_machine(environment.get("machine") or {}),
    }


def _load(plan: Plan) -> dict[str, Any]:
    scenario = asdict(plan.scenario)
    counting = [piece for round_ in plan.rounds for piece in round_.slices if not piece.is_warm_up]
    return {
        **{name: scenario[name] for name in ("rate", "stages", "distribution", "users", "workers")},
        "length of a slice": sorted({piece.duration_s for piece in counting}),
        "slices of a round": len(counting) // len(plan.rounds) if plan.rounds else 0,
        "variants": [variant.id for variant in plan.variants],
    }


def _machine(machine: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{section} {name}": value
        for section in _MACHINE_FACTS
        for name, value in (machine.get(section) or {}).items()
    }


def _measurements(folder: RunFolder, kpi_file: KpiFile, name: str) -> Iterator[Measurement]:
    """Yield what was measured of the run's `after` in its whole rounds, under another name."""
    after = plan_of(folder).variants[-1].id
    finished = folder.finished_slices()
    for round_ in read_results(folder)["rounds"]:
        index = round_["index"]
        analyzed = analyze_round(
            folder,
            index=index,
            variants=(after,),
            finished=[summary for at, summary in finished if at == index and summary.variant == after],
            patterns=kpi_file.patterns,
        )
        for measurement in analyzed.variants[after].measurements:
            yield replace(measurement, variant_id=name)


def _verdict(folder: RunFolder, baseline: RunFolder, kpis: tuple[KpiVerdict, ...]) -> Verdict:
    """Judge as a run is judged; where one of the two was invalid, so is their comparison."""
    for one in (baseline, folder):
        results = read_results(one)
        if results["outcome"] == Outcome.INVALID.value:
            reason = f"The run {one.path} is invalid itself: {results['reason']}"
            return Verdict(outcome=Outcome.INVALID, reason=reason)
    return judge_run(kpis, ())


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) < 60 else f"{text[:12]}…"
