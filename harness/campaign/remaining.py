"""What of a plan is still to be measured: couples stay or go as a whole."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from harness.model.plan import Plan, Round
from harness.model.slice_summary import SliceSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class RemainingRound:
    """A round that is not whole, and what it lacks."""

    round_: Round
    """With its warm-up and only those couples that are not whole."""
    kept: frozenset[tuple[str, int]]
    """Variant and index of the slices that count already."""


def remaining_rounds(
    plan: Plan, finished: Collection[tuple[int, SliceSummary]]
) -> tuple[RemainingRound, ...]:
    """Return what is missing, in the order of the plan.

    The slices of a couple are compared with each other, so they must come from one fresh start: where only
    some of them are there, or where they are of different attempts, the whole couple is measured again.

    Args:
        plan: everything that was planned.
        finished: round and summary of the finished slices.
    """
    found = {(index, summary.variant, summary.slice): summary for index, summary in finished}
    rounds = (_what_remains(round_, found) for round_ in plan.rounds)
    return tuple(one for one in rounds if any(not piece.is_warm_up for piece in one.round_.slices))


def _what_remains(round_: Round, found: dict[tuple[int, str, int], SliceSummary]) -> RemainingRound:
    couples = {piece.couple for piece in round_.slices if not piece.is_warm_up}
    whole = {couple for couple in couples if _is_whole(round_, couple, found)}
    return RemainingRound(
        round_=replace(round_, slices=tuple(piece for piece in round_.slices if piece.couple not in whole)),
        kept=frozenset((piece.variant_id, piece.index) for piece in round_.slices if piece.couple in whole),
    )


def _is_whole(round_: Round, couple: int, found: dict[tuple[int, str, int], SliceSummary]) -> bool:
    pieces = [piece for piece in round_.slices if piece.couple == couple]
    there = [found.get((round_.index, piece.variant_id, piece.index)) for piece in pieces]
    attempts = {summary.attempt if summary else None for summary in there}
    return len(attempts) == 1 and None not in attempts
