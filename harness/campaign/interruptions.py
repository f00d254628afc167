"""Tell in words when, where and why a run was cut short before it was finished."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model.slice_summary import SliceSummary


def told_interruptions(status: Mapping[str, Any], counting: Sequence[tuple[int, SliceSummary]]) -> str:
    """Return a few sentences; empty for a run that was never cut short.

    Args:
        status: the content of status.json.
        counting: round and summary of the slices that are judged.
    """
    interruptions = status.get("interruptions", [])
    if not interruptions:
        return ""
    count = f"{len(interruptions)} times" if len(interruptions) > 1 else "once"
    told = " ".join(_one(entry) for entry in interruptions)
    return f"The run was cut short {count} and resumed. {told} {_mixed_rounds(counting)}".strip()


def _one(entry: Mapping[str, Any]) -> str:
    place = "with all slices and repeats done"
    relation = "in" if entry.get("is_under_way") else "before"
    if "repeat" in entry:
        place = f"{relation} repeat {entry['repeat']} of the memory phase"
    if "round" in entry:
        place = f"{relation} slice {entry['slice']} ({entry['variant']}) of round {entry['round']}"
    reason = str(entry["reason"]).partition("\n")[0].rstrip(".:")
    return f"{entry['ended_at']}, {place}, for {_duration(entry['gap_s'])}: {reason}."


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _mixed_rounds(counting: Sequence[tuple[int, SliceSummary]]) -> str:
    """Name the rounds whose couples come from more than one fresh start."""
    attempts: dict[int, set[int]] = {}
    for index, summary in counting:
        attempts.setdefault(index, set()).add(summary.attempt)
    mixed = [f"{index} ({len(found)})" for index, found in sorted(attempts.items()) if len(found) > 1]
    if not mixed:
        return ""
    return (
        f"Rounds with couples of more than one fresh start (how many): {', '.join(mixed)};"
        " each is still one observation, and its memory and CPU are those of the last start."
    )
