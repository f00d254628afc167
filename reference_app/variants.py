"""Variants: `before` has no optimization, `after` all, `p1` to `p6` are prefixes; any subset is legal.

A name may add and leave out: `before+indexes`, `after-response_cache`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reference_app.components import Components
from reference_app.failure import StartError
from reference_app.legacy.components import BEFORE
from reference_app.optimizations import ALL
from reference_app.optimizations.optimization import PHASES, Optimization

VARIANTS: tuple[str, ...] = ("before", *PHASES, "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A chosen set of optimizations, in rollout order, and the components that they give."""

    id: str
    """As it was asked for: `after-set_based_sql`, `before+indexes`."""
    optimizations: tuple[Optimization, ...]

    @property
    def components(self) -> Components:
        """Install the optimizations on BEFORE, one after the other."""
        components = BEFORE
        for optimization in self.optimizations:
            components = optimization.install(components)
        return components


def build(variant: str, added: Sequence[str] = (), removed: Sequence[str] = ()) -> Build:
    """Choose a variant's optimizations, add some and leave some out, as its name does or beside it.

    Raises:
        StartError: a variant or optimization is unknown, or one is both added and left out.
    """
    variant, *changes = re.split(r"(?=[+-])", variant)
    added = [*(name[1:] for name in changes if name[0] == "+"), *added]
    removed = [*(name[1:] for name in changes if name[0] == "-"), *removed]
    for name in (*added, *removed):
        _require_known("optimization", name, [optimization.id for optimization in ALL])
    both = sorted(set(added) & set(removed))
    if both:
        raise StartError(f"{both[0]} cannot be both added and left out.")
    chosen = (variant_ids(variant) | set(added)) - set(removed)
    return Build(
        id="".join([variant, *(f"+{name}" for name in added), *(f"-{name}" for name in removed)]),
        optimizations=tuple(optimization for optimization in ALL if optimization.id in chosen),
    )


def variant_ids(variant: str) -> set[str]:
    """Name the optimizations of a variant; a phase holds its own and those of all phases in front of it."""
    _require_known("variant", variant, VARIANTS)
    rollout = VARIANTS.index(variant)
    return {optimization.id for optimization in ALL if VARIANTS.index(optimization.phase) <= rollout}


def _require_known(kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise StartError(f"There is no {kind} {name!r}; choose one of: {', '.join(known)}.")
