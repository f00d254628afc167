"""What a run depends on: noted when it begins, compared before it goes on."""

import hashlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.model.plan import Plan
from harness.plan.experiment import PROJECT_ROOT
from harness.plan.local_modules import local_modules
from harness.probe.host import describe_machine
from harness.store.run_folder import RunFolder
from harness.target.cluster import boot_id
from harness.target.database import template_name

_CODE = ("harness", "reference_app", "scenarios")
_CODE_SUFFIXES = frozenset({".py", ".sql", ".yaml", ".json"})
_MACHINE_FACTS = ("machine", "system", "python", "packages")
_SHOWN_LENGTH = 60

Difference = tuple[str, Any, Any]
"""What it is, what it was when the run began, what it is now."""


def describe_inputs(plan: Plan, folder: RunFolder, *, templates: Mapping[str, str]) -> dict[str, Any]:
    """Return hashes of everything that decides what a run of `plan` measures, for environment.json.

    Args:
        plan: the run.
        folder: holds plan.json.
        templates: name of each variant's template database, a hash of what is in it.
    """
    scenario = Path(plan.scenario.locustfile)
    return {
        "plan_sha256": _text_hash(folder.plan_json),
        "scenario_sha256": _hash(local_modules(scenario, [scenario.parent, Path.cwd()])),
        "code_sha256": _hash(_code_files()),
        "git_changes_sha256": _git_changes(),
        "boot_id": boot_id(),
        "data": dict(templates),
    }


def require_same_inputs(plan: Plan, folder: RunFolder) -> None:
    """Refuse to go on with a run when something that decides its numbers is not as it was.

    Raises:
        UsageError: something differs, all of it is named; or the run noted nothing to compare with.
    """
    environment = folder.read_json(folder.environment_json)
    if "inputs" not in environment:
        raise UsageError(
            f"The run {folder.path} did not note what it depends on: an older kpibench began it.",
            hint="Begin a new run.",
        )
    templates = {
        variant.id: template_name(variant, scale=plan.scale, seed=plan.seed)
        for variant in plan.variants
        if variant.database
    }
    inputs = describe_inputs(plan, folder, templates=templates)
    refuse_differences(
        folder,
        (
            *_file_differences(plan, folder),
            *_input_differences(plan, environment["inputs"], inputs),
            *_machine_differences(environment["machine"], describe_machine()),
        ),
    )


def refuse_differences(folder: RunFolder, pairs: tuple[Difference, ...]) -> None:
    """Refuse where the two values of a pair differ.

    Raises:
        UsageError: naming each that does.
    """
    told = [
        f"  {what}: {_shown(then)} when the run began, {_shown(now)} now"
        for what, then, now in pairs
        if then != now
    ]
    if told:
        raise UsageError(
            "\n".join([f"The run {folder.path} cannot be resumed, something is not as it was:", *told]),
            hint="Put it back as it was, or judge what was measured: "
            f"kpibench analyze {folder.path}. Or begin a new run.",
        )


def _file_differences(plan: Plan, folder: RunFolder) -> Iterator[Difference]:
    """Compare the files that were asked for, where they still are, with what was read then."""
    for what, asked, copy in (
        ("the KPI file", plan.kpi_file, folder.kpis_yaml),
        ("the experiment file", plan.experiment_file, folder.experiment_yaml),
    ):
        if asked and Path(asked).is_file():
            yield f"{what} {asked}", _text_hash(copy), _text_hash(Path(asked))


def _input_differences(plan: Plan, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    named = {
        "plan_sha256": "the plan, plan.json",
        "scenario_sha256": f"the scenario {plan.scenario.locustfile} or a file that it imports",
        "code_sha256": "the code of kpibench or of the reference backend",
        "git_changes_sha256": "uncommitted changes in this folder",
        "boot_id": "the machine's start (its clock began anew)",
    }
    for key, what in named.items():
        yield what, then.get(key), now[key]
    for variant_id, template in now["data"].items():
        yield f"the data set of {variant_id!r}", then["data"].get(variant_id), template


def _machine_differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for section in _MACHINE_FACTS:
        for name in sorted({*then[section], *now[section]}):
            yield f"{section} {name}", then[section].get(name), now[section].get(name)
    yield "git commit", (then["git"] or {}).get("commit"), (now["git"] or {}).get("commit")


def _text_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes() if path.is_file() else b"").hexdigest()


def _hash(paths: Sequence[Path]) -> str:
    """Hash names and contents; a tree that was moved stays the same."""
    lines = [f"{path.name} {_text_hash(path)}\n" for path in paths]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _code_files() -> list[Path]:
    return sorted(
        path
        for name in _CODE
        for path in (PROJECT_ROOT / name).rglob("*")
        if path.suffix in _CODE_SUFFIXES and path.is_file()
    )


def _git_changes() -> str | None:
    """Hash what tracked files here differ in from the commit; None outside a repository or without git."""
    try:
        done = subprocess.run(["git", "diff", "HEAD"], capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return hashlib.sha256(done.stdout).hexdigest()


def _shown(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) < _SHOWN_LENGTH else f"{text[:12]}…"
