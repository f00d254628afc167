"""The `faults` of an experiment file -> FaultTimeline, and what must hold of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.documents import Document
from harness.documents import Fault as DocumentFault
from harness.model.fault import (
    ACTION_BY_KIND,
    EndpointGroup,
    Fault,
    FaultAction,
    FaultTimeline,
    Overload,
    RunCommand,
    RunProgram,
    StopCompanion,
)
from harness.model.plan import Scenario, Stage

_SECONDS = {"ms": 1e-3, "s": 1.0}
_TIME = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)\s*(?P<unit>ms|s)")

_RECOVERY_WATCH_S = 10.0
"""How long a slice goes on after its last fault where the file does not say how long a slice is."""


def seconds_of(text: str) -> float:
    """Read `20 s` or `500 ms`.

    Raises:
        ValueError: it is neither.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no time; write 20 s or 500 ms")
    return float(match["number"]) * _SECONDS[match["unit"]]


def timeline_of(entry: Mapping[str, Any]) -> FaultTimeline:
    """Return the timeline that a checked `faults` entry describes; its faults in order of time."""
    faults = sorted((_fault(one) for one in entry["timeline"]), key=lambda fault: fault.at_s)
    refused = entry.get("refused", {})
    timeline = FaultTimeline(
        faults=tuple(faults),
        good_within_ms=1e3 * seconds_of(entry["good_within"]),
        groups=tuple(
            EndpointGroup(name=name, patterns=tuple(patterns))
            for name, patterns in entry.get("groups", {}).items()
        ),
    )
    given: dict[str, Any] = {}
    if "recovery_share" in entry:
        given["recovery_share"] = float(entry["recovery_share"])
    if "recovery_window" in entry:
        given["recovery_window_s"] = seconds_of(entry["recovery_window"])
    if "statuses" in refused:
        given["refused_statuses"] = tuple(refused["statuses"])
    if "within" in refused:
        given["refused_within_ms"] = 1e3 * seconds_of(refused["within"])
    return replace(timeline, **given)


def fault_slice_seconds(timeline: FaultTimeline) -> float:
    """Return how long a slice with these faults is where the experiment does not say."""
    return max(fault.end_s for fault in timeline.faults) + _RECOVERY_WATCH_S


def with_overloads(scenario: Scenario, timeline: FaultTimeline) -> Scenario:
    """Put the steps of the overloads into the schedule: a rate becomes stages."""
    overloads = [(fault, fault.action) for fault in timeline.faults if isinstance(fault.action, Overload)]
    if not overloads or scenario.rate is None:
        return scenario
    normal, now_s = scenario.rate, 0.0
    stages: list[Stage] = []
    for fault, action in overloads:
        stages += [Stage(rate=normal, seconds=0), Stage(rate=normal, seconds=fault.at_s - now_s)]
        rate = action.times * normal
        stages += [Stage(rate=rate, seconds=0), Stage(rate=rate, seconds=fault.for_s)]
        now_s = fault.end_s
    stages.append(Stage(rate=normal, seconds=0))
    return replace(scenario, rate=None, stages=tuple(stages))


def find_fault_faults(document: Document) -> Iterator[DocumentFault]:
    """Find what a schema cannot say of `faults`; looks only at entries of the right shape."""
    content = document.content if isinstance(document.content, dict) else {}
    entry = content.get("faults")
    timeline = entry.get("timeline") if isinstance(entry, dict) else None
    if not isinstance(timeline, list) or not all(_is_readable(one) for one in timeline):
        return
    load = content.get("load")
    if isinstance(load, dict) and "users" in load:
        yield document.line("faults"), "users wait for a broken backend: faults need a rate or stages"
    if "precision" in content:
        yield document.line("precision"), "faults bring up one variant at a time: leave precision out"
    yield from _time_faults(document, timeline)
    yield from _action_faults(document, timeline)


def _is_readable(one: object) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("id"), str)
        and all(isinstance(one.get(key), str) and _TIME.fullmatch(one[key].strip()) for key in ("at", "for"))
        and sum(kind in one for kind in ACTION_BY_KIND) == 1
    )


def _time_faults(document: Document, timeline: Sequence[Mapping[str, Any]]) -> Iterator[DocumentFault]:
    seen: set[str] = set()
    ends_s, before = 0.0, ""
    for one in sorted(timeline, key=lambda one: seconds_of(one["at"])):
        line = document.line("faults", "timeline", timeline.index(one))
        if one["id"] in seen:
            yield line, f"the fault {one['id']!r} is given twice"
        seen.add(one["id"])
        if seconds_of(one["at"]) < ends_s:
            yield line, f"{one['id']!r} begins before {before!r} is over: one fault at a time"
        ends_s, before = seconds_of(one["at"]) + seconds_of(one["for"]), one["id"]
    slice_s = document.content.get("slice_seconds")
    if isinstance(slice_s, (int, float)) and slice_s <= ends_s:
        told = f"a slice of {slice_s:g} s ends before its last fault, at {ends_s:g} s: recovery is not seen"
        yield document.line("slice_seconds"), told
    if timeline and min(seconds_of(one["at"]) for one in timeline) <= 0:
        yield document.line("faults", "timeline"), "a fault at 0 s leaves nothing quiet to compare with"


def _action_faults(document: Document, timeline: Sequence[Mapping[str, Any]]) -> Iterator[DocumentFault]:
    content = document.content
    targets = [content.get("target", {}), *content.get("variants", ())]
    companions = {
        name for target in targets if isinstance(target, dict) for name in target.get("companions", {})
    }
    urls = [one["id"] for one in content.get("variants", ()) if isinstance(one, dict) and "url" in one]
    load = content.get("load", {})
    for position, one in enumerate(timeline):
        kind = next(kind for kind in ACTION_BY_KIND if kind in one)
        line = document.line("faults", "timeline", position)
        action = one[kind] if isinstance(one[kind], dict) else {}
        name = action.get("companion", "")
        if name and name not in companions:
            yield line, f"no variant has a companion {name!r}"
        if kind == "external" and bool(name) == ("url" in action):
            yield line, "external needs exactly one of companion and url"
        if kind == "overload" and "rate" not in load:
            yield line, "overload is so many times the load's rate: give load a rate"
        if urls and kind in {"kill_instance", "restart_database", "stop"}:
            yield line, f"{kind} needs a server that kpibench started; {urls[0]!r} is a url: use a command"


def _fault(entry: Mapping[str, Any]) -> Fault:
    kind = next(kind for kind in ACTION_BY_KIND if kind in entry)
    return Fault(
        id=entry["id"],
        title=entry.get("title", entry["id"]),
        at_s=seconds_of(entry["at"]),
        for_s=seconds_of(entry["for"]),
        settle_s=seconds_of(entry["settle"]) if "settle" in entry else 0.0,
        action=_action(kind, entry[kind] or {}),
    )


def _action(kind: str, entry: Mapping[str, Any]) -> FaultAction:
    if kind == "overload":
        return Overload(times=float(entry["times"]))
    if kind == "stop":
        return StopCompanion(companion=entry["companion"])
    if kind == "command":
        given: dict[str, Any] = {"timeout_s": seconds_of(entry["timeout"])} if "timeout" in entry else {}
        return RunCommand(start=tuple(entry["start"]), undo=tuple(entry["undo"]), **given)
    if kind == "program":
        return RunProgram(command=tuple(entry["command"]))
    return ACTION_BY_KIND[kind](**entry)
