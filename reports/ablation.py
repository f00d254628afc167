"""What each optimization does alone, where each variant is the first one with one thing added or left out.

`before+indexes` is `before` with the indexes, `after-indexes` is `after` without them: the ids say so.
"""

from dataclasses import dataclass
from typing import Literal

from reports.number_text import percentage_text
from reports.pair_rows import PairRow, pair_rows
from reports.results import Results

Deed = Literal["added", "left out"]
_DEEDS: dict[str, Deed] = {"+": "added", "-": "left out"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AblatedRow:
    """One optimization alone."""

    name: str
    deed: Deed
    """What was done with it to the first variant."""
    pair: PairRow
    """The first variant against the one with the deed done."""

    @property
    def matters(self) -> str:
        """Say whether it matters: `helps`, `hurts`, `not shown`, `none` or `not resolvable`."""
        word = self.pair.word
        if word not in {"faster", "slower"}:
            return word
        return "helps" if (word == "faster") == (self.deed == "added") else "hurts"


def ablated_rows(results: Results) -> tuple[AblatedRow, ...]:
    """Give the optimizations, the most helpful first, and last what cannot be said; none in other runs."""
    if not results.variants:
        return ()
    first = results.variants[0].id
    pairs = {pair.variant: pair for pair in pair_rows(results) if pair.baseline == first}
    rows = [
        AblatedRow(name=one.id[len(first) + 1 :], deed=_DEEDS[one.id[len(first)]], pair=pairs[one.id])
        for one in results.variants[1:]
        if one.id in pairs and one.id.startswith(tuple(first + sign for sign in _DEEDS))
    ]
    return tuple(sorted(rows, key=_most_helpful_first))


def is_ablation(results: Results) -> bool:
    """Tell whether the variants are the first one with one thing changed each."""
    return bool(ablated_rows(results))


def by_chance_text(results: Results, count: int) -> str:
    """Say how many of so many intervals miss 0 by chance where nothing changes."""
    expected = count * (1 - results.confidence)
    return (
        f"Each interval stands for itself, at {percentage_text(results.confidence)}: if none of the {count} "
        f"changed anything, about {expected:.1f} would still be shown by chance."
    )


def _most_helpful_first(row: AblatedRow) -> tuple[bool, float, str]:
    change = row.pair.time.change if row.pair.time else None
    if change is None:
        return True, 0.0, row.name
    return False, change.value if row.deed == "added" else -change.value, row.name
