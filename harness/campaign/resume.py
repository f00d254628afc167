"""Go on with a run that was cut short, wherever that was."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.campaign.execute import execute, never_decided
from harness.campaign.execute_memory import remaining_repeats
from harness.campaign.inputs import require_same_inputs
from harness.campaign.progress import Progress
from harness.campaign.remaining import remaining_rounds
from harness.errors import UsageError
from harness.model.plan import Plan
from harness.plan.plan_file import load_plan
from harness.store.run_folder import RunFolder

_REASONS = {
    "running": "no end was noted: kpibench was killed, or could not write any more.",
    "interrupted": "The user stopped it.",
}
"""By the state that was noted; a failure noted its own reason."""


def read_plan(folder: RunFolder) -> Plan:
    """Return the plan of a run that is to go on.

    Raises:
        UsageError: it ended before it had one.
    """
    if not folder.plan_json.is_file():
        raise UsageError(
            f"There is nothing to resume in {folder.path}: the run ended before it had a plan.",
            hint="Begin a new run.",
        )
    return load_plan(folder.plan_json.read_text("utf-8"))


def is_whole(plan: Plan, folder: RunFolder) -> bool:
    """Tell whether everything that was planned has been measured, or as much as decided it."""
    are_whole = "decided_after" in folder.status or not remaining_rounds(plan, folder.finished_slices())
    if plan.memory is None:
        return are_whole
    # what leaks is traced after the last repeat, and only the end of the run tells that this was done
    return are_whole and not remaining_repeats(plan.memory, folder) and folder.status["state"] == "finished"


def resume(
    plan: Plan,
    folder: RunFolder,
    *,
    database_url: str | None,
    progress: Progress,
    is_decided: Callable[[int], bool] = never_decided,
) -> None:
    """Measure what is missing; the caller holds the run's lock.

    The round that was cut short begins afresh: fresh servers, databases and generator, and a warm-up. Its
    whole couples stay and count, each with the number of its attempt; the others are measured again.

    Raises:
        UsageError: something that decides the numbers is not as it was when the run began.
        MeasurementError: something died again.
        KeyboardInterrupt: the user pressed Ctrl-C.
    """
    if folder.environment_json.is_file():
        require_same_inputs(plan, folder)
    elif folder.finished_slices():
        raise UsageError(f"{folder.environment_json} is missing.", hint="Begin a new run.")
    _note_interruption(plan, folder)
    execute(plan, folder, database_url=database_url, progress=progress, is_decided=is_decided)


def _note_interruption(plan: Plan, folder: RunFolder) -> None:
    """Add when, where and why the run was cut short to status.json."""
    status = folder.status
    now = datetime.now(UTC)
    ended_at = _ended_at(folder, status, now)
    interruption = {
        "ended_at": _text(ended_at),
        "resumed_at": _text(now),
        "gap_s": round((now - ended_at).total_seconds(), 1),
        **_place(plan, folder),
        "reason": _REASONS.get(status["state"], str(status.get("note", ""))).partition("\n")[0],
    }
    folder.write_status({**status, "interruptions": [*status.get("interruptions", []), interruption]})


def _ended_at(folder: RunFolder, status: dict[str, Any], now: datetime) -> datetime:
    """Return the noted end, else the last sign of life: the probes write one each half second."""
    if status.get("ended_at"):
        return datetime.fromisoformat(status["ended_at"])
    looks = [path.stat().st_mtime for path in folder.path.glob("memory/*/*.jsonl")]
    if looks:  # they carry no moment of their own
        return datetime.fromtimestamp(max(looks), UTC)
    signs_ns = [summary.report.ended_ns for _, summary in folder.finished_slices()]
    for path in folder.path.glob("rounds/*/host.jsonl"):
        signs_ns += [line["at_ns"] for line in folder.read_lines(path)]
    if not signs_ns:
        return datetime.fromisoformat(status["started_at"]) if status.get("started_at") else now
    return now - timedelta(seconds=(time.monotonic_ns() - max(signs_ns)) / 1e9)


def _place(plan: Plan, folder: RunFolder) -> dict[str, Any]:
    """Say which slice, or which repeat of the memory phase, was under way or would have been next."""
    there = {(index, summary.variant, summary.slice) for index, summary in folder.finished_slices()}
    for round_ in () if "decided_after" in folder.status else plan.rounds:
        for piece in round_.slices:
            if (round_.index, piece.variant_id, piece.index) not in there:
                samples = folder.slice_samples(round_.index, piece.variant_id, piece.index)
                return {
                    "round": round_.index,
                    "slice": piece.index,
                    "variant": piece.variant_id,
                    "is_under_way": samples.is_file(),
                }
    repeats = remaining_repeats(plan.memory, folder) if plan.memory else ()
    if repeats:
        return {"repeat": repeats[0], "is_under_way": folder.memory_dir(repeats[0]).is_dir()}
    return {}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
