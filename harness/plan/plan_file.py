"""Write a Plan to plan.json and read it back."""

import json
from dataclasses import asdict
from typing import Any

from harness.model.memory import MemoryPhase
from harness.model.plan import Plan, Precision, Round, Scenario, Slice, Stage, Workers
from harness.model.variant import CountQuestion, DatabaseRecipe, Variant


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
            "database": DatabaseRecipe(**{name: tuple(words) for name, words in database.items()})
            if isinstance(database, dict)
            else None,
        }
    )
