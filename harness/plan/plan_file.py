"""Write a Plan to plan.json and read it back."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from harness.model.fault import ACTION_BY_KIND, EndpointGroup, Fault, FaultAction, FaultTimeline
from harness.model.memory import MemoryPhase
from harness.model.plan import Plan, Precision, Round, Scenario, Slice, Stage, Workers
from harness.model.variant import Companion, CountQuestion, DatabaseRecipe, Variant


def dump_plan(plan: Plan) -> str:
    """Return the plan as JSON text; equal plans give equal text."""
    return json.dumps(asdict(plan), indent=1, ensure_ascii=False) + "\n"


def load_plan(text: str) -> Plan:
    """Return the plan that `dump_plan` wrote."""
    content = json.loads(text)
    return Plan(
        **{
            **content,
            "scenario": _scenario(content["scenario"]),
            "looks": tuple(content.get("looks", ())),
            "precision": Precision(**content["precision"]) if content.get("precision") else None,
            "variants": tuple(_variant(entry) for entry in content["variants"]),
            "rounds": tuple(
                Round(
                    index=entry["index"],
                    places=tuple(entry["places"]),
                    slices=tuple(Slice(**piece) for piece in entry["slices"]),
                )
                for entry in content["rounds"]
            ),
            "memory": MemoryPhase(**content["memory"]) if content.get("memory") else None,
            "faults": _timeline(content["faults"]) if content.get("faults") else None,
        }
    )


def _scenario(entry: dict[str, Any]) -> Scenario:
    stages = tuple(Stage(**stage) for stage in entry.get("stages", ()))
    workers = Workers(**entry["workers"]) if entry.get("workers") else None
    return Scenario(**{**entry, "stages": stages, "workers": workers})


def _variant(entry: dict[str, object]) -> Variant:
    database = entry["database"]
    return Variant(
        **{  # type: ignore[arg-type]  # plan.json holds what asdict wrote
            **entry,
            "command": tuple(entry["command"]),  # type: ignore[arg-type]
            "counts": tuple(CountQuestion(**question) for question in entry.get("counts", ())),  # type: ignore[attr-defined]
            "invariants": tuple(entry.get("invariants", ())),  # type: ignore[arg-type]
            "companions": tuple(
                Companion(**{**companion, "command": tuple(companion["command"])})
                for companion in entry.get("companions", ())  # type: ignore[attr-defined]
            ),
            "database": DatabaseRecipe(**{name: tuple(words) for name, words in database.items()})
            if isinstance(database, dict)
            else None,
        }
    )


def _timeline(entry: dict[str, Any]) -> FaultTimeline:
    return FaultTimeline(
        **{
            **entry,
            "faults": tuple(
                Fault(**{**fault, "action": _action(fault["action"])}) for fault in entry["faults"]
            ),
            "refused_statuses": tuple(entry["refused_statuses"]),
            "groups": tuple(
                EndpointGroup(name=group["name"], patterns=tuple(group["patterns"]))
                for group in entry["groups"]
            ),
        }
    )


def _action(entry: dict[str, Any]) -> FaultAction:
    make: Callable[..., FaultAction] = ACTION_BY_KIND[entry["kind"]]
    return make(**{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()})
