"""Experiment file -> Plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from harness.documents import Document, Fault, load_schema, read_document
from harness.errors import UsageError
from harness.model.fault import FaultTimeline
from harness.model.memory import MemoryPhase
from harness.model.plan import Plan, Precision, Round, Scenario, Stage, Workers
from harness.model.variant import Companion, CountQuestion, DatabaseRecipe, Variant
from harness.plan.comparison import MOST_TURNS, SHORTEST_SLICE_S, SLICE_REQUESTS
from harness.plan.faults import fault_slice_seconds, find_fault_faults, timeline_of, with_overloads
from harness.plan.length import LOOKS, couples_within, rounds_for
from harness.plan.schedule import draw_rounds

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""Paths in a built-in experiment are relative to it."""

SLICE_P95S = 20.0
"""Times the p95 of the response time that the experiment expects: the least length of a slice."""

_BUILT_IN = Path(str(resources.files("harness.plan") / "experiments"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line changes in an experiment; None leaves it as the file says."""

    seed: int | None = None
    scale: float | None = None
    rate: float | None = None
    rounds: int | None = None
    kpis: str | None = None
    workers: Workers | None = None
    minutes: float | None = None
    """Rounds and couples are fitted to it."""
    is_until_decided: bool = False
    """The minutes are then the most that it may take, and the run ends when everything is decided."""


def built_in_experiments() -> tuple[str, ...]:
    """Return the names of the experiments that ship with kpibench, sorted."""
    return tuple(sorted(path.stem for path in _BUILT_IN.glob("*.yaml")))


def find_experiment(name: str) -> Path:
    """Return the file of a built-in experiment's name or of a path.

    Raises:
        UsageError: there is neither.
    """
    if name in built_in_experiments():
        return _BUILT_IN / f"{name}.yaml"
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path
    raise UsageError(
        f"There is no experiment {name!r}.",
        hint=f"Built in are: {', '.join(built_in_experiments())}. Or give the path of a .yaml file.",
    )


def read_experiment(path: Path) -> Document:
    """Read and check an experiment file; every fault is told with its line."""
    schema = load_schema("harness.plan", "experiment.schema.json")
    hint = "harness/plan/experiment.schema.json tells what an experiment file may hold."
    return read_document(path, schema, check=_faults, hint=hint)


def _faults(document: Document) -> Iterator[Fault]:
    yield from _variant_faults(document)
    yield from _load_faults(document)
    yield from _memory_faults(document)
    yield from _precision_faults(document)
    yield from find_fault_faults(document)


def _precision_faults(document: Document) -> Iterator[Fault]:
    content = document.content if isinstance(document.content, dict) else {}
    load = content.get("load")
    if "precision" in content and isinstance(load, dict) and "workers" in load:
        yield document.line("precision"), "one request at a time cannot be shared by workers: keep one"


def _memory_faults(document: Document) -> Iterator[Fault]:
    content = document.content if isinstance(document.content, dict) else {}
    memory = content.get("memory")
    if content.get("rounds") == 0 and memory is None:
        yield document.line("rounds"), "without rounds and without memory there is nothing to measure"
    if isinstance(memory, dict):
        requests = memory.get("requests", MemoryPhase().requests)
        checkpoint = memory.get("checkpoint", MemoryPhase().checkpoint)
        if all(isinstance(number, int) for number in (requests, checkpoint)) and requests < 20 * checkpoint:
            yield (
                document.line("memory"),
                f"{requests} requests need a checkpoint each {requests // 20} or less",
            )


def _load_faults(document: Document) -> Iterator[Fault]:
    load = document.content.get("load") if isinstance(document.content, dict) else None
    if not isinstance(load, dict):
        return
    line = document.line("load")
    given = [name for name in ("rate", "stages", "users") if name in load]
    if len(given) != 1:
        yield (
            line,
            f"load needs exactly one of rate, stages and users; it has {' and '.join(given) or 'none'}",
        )
    if "users" in load and "distribution" in load:
        yield line, "users arrive when they are free: they have no distribution"
    if "users" in load and "workers" in load:
        yield line, "workers share a schedule, and users have none: keep one"


def _variant_faults(document: Document) -> Iterator[Fault]:
    content = document.content if isinstance(document.content, dict) else {}
    target = content.get("target")
    has_command = isinstance(target, dict) and "command" in target
    seen: set[str] = set()
    variants = content.get("variants")
    for position, entry in enumerate(variants if isinstance(variants, list) else ()):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            continue
        line = document.line("variants", position)
        if entry["id"] in seen:
            yield line, f"variant {entry['id']!r} is given twice"
        seen.add(entry["id"])
        if "url" in entry and "command" in entry:
            yield line, f"variant {entry['id']!r} has both a url and a command; keep one"
        if "url" not in entry and "command" not in entry and not has_command:
            yield line, f"variant {entry['id']!r} has neither a command nor a url"


def plan_experiment(document: Document, overrides: Overrides) -> Plan:
    """Draw the plan of a checked experiment.

    Relative paths in it count from the experiment's folder, then from the working folder; those of a
    built-in experiment from the project's folder.

    Raises:
        UsageError: the scenario or the KPI file is not there.
    """
    content = document.content
    home = Path(document.name).resolve().parent
    variants = tuple(_variant(entry, content.get("target", {})) for entry in content["variants"])
    seed = _first(overrides.seed, content.get("seed"), 1)
    precision = _precision(content, overrides)
    faults = timeline_of(content["faults"]) if "faults" in content else None
    scenario = _scenario(content["load"], overrides, home)
    return Plan(
        experiment=content["id"],
        title=content.get("title", content["id"]),
        seed=seed,
        scale=_first(overrides.scale, content.get("scale"), 1),
        scenario=with_overloads(scenario, faults) if faults else scenario,
        variants=variants,
        rounds=_rounds(content, overrides, variants, precision, faults, seed),
        looks=LOOKS if overrides.is_until_decided else (),
        precision=precision,
        kpi_file=str(resolve_path(overrides.kpis or content.get("kpis", "kpis.yaml"), home)),
        experiment_file=str(Path(document.name).resolve()),
        memory=MemoryPhase(**content["memory"]) if "memory" in content else None,
        faults=faults,
    )


def _rounds(
    content: Mapping[str, Any],
    overrides: Overrides,
    variants: Sequence[Variant],
    precision: Precision | None,
    faults: FaultTimeline | None,
    seed: int,
) -> tuple[Round, ...]:
    """Draw the rounds that the file or the time asks for.

    Raises:
        UsageError: the time is too short.
    """
    rounds = _first(overrides.rounds, content.get("rounds"), 6)
    couples = content.get("couples", 1 if faults else 4)
    slice_s = content.get("slice_seconds", _slice_seconds(content["load"], overrides, faults))
    warm_up_s = content.get("warm_up_seconds", 4)
    precision_s = precision.seconds if precision else 0
    if overrides.minutes is not None:
        rounds = (
            LOOKS[-1] if overrides.is_until_decided else overrides.rounds or rounds_for(overrides.minutes)
        )
        couples = couples_within(
            overrides.minutes,
            rounds=rounds,
            variants=variants,
            slice_s=slice_s,
            warm_up_s=warm_up_s,
            precision_s=precision_s,
        )
    return draw_rounds(
        [variant.id for variant in variants],
        rounds=rounds,
        couples=couples,
        slice_s=slice_s,
        warm_up_s=warm_up_s,
        seed=seed,
        precision_s=precision_s,
    )


def _slice_seconds(load: Mapping[str, Any], overrides: Overrides, faults: FaultTimeline | None) -> float:
    """Return how long a slice is where the file does not say: its stages, or long enough to mean something.

    With faults it goes on after the last of them, so that recovery is seen. Else it is SHORTEST_SLICE_S,
    SLICE_REQUESTS arrivals, and SLICE_P95S times the p95 that the file expects: whatever a slice sees at its
    edges must be little beside the rest.
    """
    if faults:
        return fault_slice_seconds(faults)
    if "stages" in load and overrides.rate is None:
        return _stage_seconds(load)
    rate = overrides.rate if overrides.rate is not None else load.get("rate")
    arrivals_s = SLICE_REQUESTS / float(rate) if rate else 0.0
    expected_s = float(load.get("expected_p95_ms", 0.0)) / 1e3
    return max(SHORTEST_SLICE_S, arrivals_s, SLICE_P95S * expected_s)


def _precision(content: Mapping[str, Any], overrides: Overrides) -> Precision | None:
    """Return the precision part that the file asks for.

    Raises:
        UsageError: the command line asks for workers, which cannot share it.
    """
    if "precision" not in content:
        return None
    if overrides.workers:
        raise UsageError(
            "Workers cannot share the part of a round in which one request at a time is sent.",
            hint="Leave out `precision` in the experiment file, or the workers.",
        )
    return Precision(**{"arrivals": MOST_TURNS, **content["precision"]})


def resolve_path(name: str, home: Path) -> Path:
    """Return the existing file that `name` means: below `home`, the working folder or the project.

    Raises:
        UsageError: there is no such file.
    """
    for folder in (home, Path.cwd(), PROJECT_ROOT):
        if (folder / name).is_file():
            return (folder / name).resolve()
    raise UsageError(f"There is no file {name}.", hint=f"Looked in {home}, {Path.cwd()} and {PROJECT_ROOT}.")


def _scenario(load: Mapping[str, Any], overrides: Overrides, home: Path) -> Scenario:
    """Return what the file asks for; a rate of the command line takes the place of rate, stages or users.

    Raises:
        UsageError: the scenario is not there, or workers are to share a closed loop.
    """
    rate = overrides.rate
    workers = overrides.workers or (Workers(count=load["workers"]) if "workers" in load else None)
    is_open = rate is not None or "users" not in load
    if workers and not is_open:
        raise UsageError("Workers share a schedule, and users have none.", hint="Give a --rate, too.")
    return Scenario(
        locustfile=str(resolve_path(load["scenario"], home)),
        rate=rate if rate is not None else load.get("rate"),
        stages=tuple(Stage(rate=end, seconds=seconds) for end, seconds in load.get("stages", ()))
        if rate is None
        else (),
        distribution=load.get("distribution", "poisson"),
        users=None if is_open else load["users"],
        workers=workers,
    )


def _stage_seconds(load: Mapping[str, Any]) -> float:
    return sum(float(seconds) for _, seconds in load.get("stages", ()))


def _variant(entry: Mapping[str, Any], target: Mapping[str, Any]) -> Variant:
    if "url" in entry:
        return Variant(
            id=entry["id"],
            title=entry.get("title", entry["id"]),
            ready_path=entry.get("ready_path", "/"),
            url=entry["url"].rstrip("/"),
            counts=_count_questions({**target, **entry}),
        )
    merged = {**target, **entry}
    recipe = merged.get("database")
    return Variant(
        id=entry["id"],
        title=entry.get("title", entry["id"]),
        command=tuple(merged["command"]),
        ready_path=merged.get("ready_path", "/"),
        database=DatabaseRecipe(fingerprint=tuple(recipe["fingerprint"]), load=tuple(recipe["load"]))
        if recipe
        else None,
        counts=_count_questions(merged),
        invariants=tuple(merged.get("invariants", ())),
        companions=tuple(
            Companion(
                name=name, command=tuple(companion["command"]), ready_path=companion.get("ready_path", "")
            )
            for name, companion in merged.get("companions", {}).items()
        ),
    )


def _count_questions(entry: Mapping[str, Any]) -> tuple[CountQuestion, ...]:
    return tuple(
        CountQuestion(metric=metric, path=where["path"], field=where["field"])
        for metric, where in entry.get("counts", {}).items()
    )


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)
