"""Optimization: one named change from BEFORE towards AFTER that can be switched on or left out alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reference_app.components import Components

Phase = Literal["p1", "p2", "p3", "p4", "p5", "p6"]
PHASES: tuple[Phase, ...] = ("p1", "p2", "p3", "p4", "p5", "p6")
"""Database, services, middleware, memory and scalability, pools, API V1 to V2: the rollout order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimization:
    """What is changed, why it should help, and where that shows."""

    id: str
    phase: Phase
    hypothesis: str
    """One line: what it saves, and whom."""
    metric: str
    """The metric that it should move: `db_time`, `service_time`, `middleware_time`, `query_count` ..."""
    adr: str
    """The decision record, a path in the repository."""
    install: Callable[[Components], Components]
    """Replace the parts that change; must not depend on which other optimizations are installed."""
