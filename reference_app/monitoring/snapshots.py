"""What the parts that keep the backend standing show of their state."""

from collections.abc import Mapping
from typing import Any, Protocol

PARTS = ("circuit_breakers", "resource_pools", "rate_limiter", "throttler", "load_balancer")
"""The parts of the scalability block; of one that a variant has not, null is shown."""


class Shown(Protocol):
    """Has a state to show."""

    def snapshot(self) -> dict[str, Any] | None:
        """Tell the state: JSON, bounded in size; None where the variant does without."""


Scalability = Mapping[str, Shown | None]
"""The parts by name."""


def snapshots(parts: Scalability) -> dict[str, dict[str, Any] | None]:
    """Ask every part for its state."""
    found = {name: parts.get(name) for name in PARTS}
    return {name: None if part is None else part.snapshot() for name, part in found.items()}
