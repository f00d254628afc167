"""The pairs of a run of more than two variants: what changed from one to the other, and whether it matters.

A change matters where its interval does not hold 0. Only the signs of measured intervals are read here.
"""

from dataclasses import dataclass

from reports.metrics import direction_word
from reports.results import ALL_ENDPOINTS, Comparison, Results

WORDS = {"better": "faster", "worse": "slower", "unclear": "not shown", "same": "none"}
UNKNOWN = "not resolvable"
_TIMES = (("unloaded_time", "p50"), ("response_time", "p50_typical"), ("response_time", "p50"))
"""What decides, the most sensitive first: the first that the run holds of all pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """One variant against another; None where the run does not hold it."""

    baseline: str
    variant: str
    time: Comparison | None
    """The time that decides whether the change matters."""
    db_time: Comparison | None
    middleware_time: Comparison | None

    @property
    def word(self) -> str:
        """Say in a word what became of the time: faster, slower, none, not shown, not resolvable."""
        if self.time is None or self.time.change is None:
            return UNKNOWN
        return WORDS[direction_word(self.time.metric, self.time.change)]


def pair_rows(results: Results) -> tuple[PairRow, ...]:
    """Give every pair in the order of the file, the main one first.

    `before+indexes` is a change of `before`: it is shown against that, not against what stands beside it.
    """
    first = results.variants[0].id if results.variants else ""
    of_mix = {
        (one.baseline, one.variant, one.metric, one.stat): one
        for one in (*results.comparisons, *results.other_comparisons)
        if one.endpoint == ALL_ENDPOINTS
    }
    pairs = dict.fromkeys(
        (baseline, variant)
        for baseline, variant, _, _ in of_mix
        if not baseline.startswith((f"{first}+", f"{first}-"))
    )

    def found(baseline: str, variant: str, wanted: tuple[str, str]) -> Comparison | None:
        one = of_mix.get((baseline, variant, *wanted))
        return one if one is not None and one.change is not None else None

    deciding = next((time for time in _TIMES if all(found(*pair, time) for pair in pairs)), _TIMES[-1])
    return tuple(
        PairRow(
            baseline=baseline,
            variant=variant,
            time=found(baseline, variant, deciding),
            db_time=found(baseline, variant, ("db_time", "p50")),
            middleware_time=found(baseline, variant, ("middleware_time", "mean")),
        )
        for baseline, variant in pairs
    )
