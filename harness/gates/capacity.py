"""Was it the generator, and does after hold at least what before holds?"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.gates.validity import LEAST_RATE_SHARE, MOST_LAG_MS, MOST_LAG_SHARE
from harness.model.slice_summary import GeneratorReport
from harness.model.slo import Slo
from harness.model.verdict import Outcome, Verdict
from harness.stats.capacity import (
    LEAST_ROUNDS,
    Bracket,
    SearchEnd,
    capacity_change,
)
from harness.stats.signed_rank import Interval

MOST_GENERATOR_CORES = 0.8
"""In a step. What it costs is seen in the lags; this is for a generator that is late in ways they miss."""


def is_generator_limited(report: GeneratorReport, slo: Slo) -> bool:
    """Tell whether the generator was too slow for the step: late, blocked, out of CPU, or short of arrivals.

    Its lag may be 5 ms, or 5 % of the smallest latency limit if that is more: what it adds must not decide.
    """
    most_lag_ms = max(MOST_LAG_MS, MOST_LAG_SHARE * min(limit.limit_ms for limit in slo.latency))
    tried = report.sent_arrivals + report.dropped_arrivals
    return (
        report.start_lag_ms.p99 > most_lag_ms
        or report.loop_lag_ms.p99 > most_lag_ms
        or report.generator_cpu_share > MOST_GENERATOR_CORES
        or tried < LEAST_RATE_SHARE * report.planned_arrivals
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCapacity:
    """What the rounds know about one variant's capacity."""

    variant_id: str
    brackets: Sequence[Bracket]
    """One a planned round; a round that never began has one that knows nothing."""
    estimate: Interval | None
    """Arrivals a second; None where it cannot be said, see `reason`."""

    @property
    def at_least(self) -> float | None:
        """What it held in every round; None: in one of them it held nothing."""
        lows = [bracket.low for bracket in self.brackets]
        known = [low for low in lows if low is not None]
        return min(known) if known and len(known) == len(lows) else None

    @property
    def reason(self) -> str:
        """Why there is no estimate, one sentence; empty if there is one."""
        if self.estimate is not None:
            return ""
        name = self.variant_id.capitalize()
        if len(self.brackets) < LEAST_ROUNDS:
            return f"Fewer than {LEAST_ROUNDS} rounds give no interval: --rounds {LEAST_ROUNDS}."
        ends = [bracket.end for bracket in self.brackets]
        held = (
            f"{name} held at least {self.at_least:.3g}/s"
            if self.at_least
            else f"{name} held no rate in every round"
        )
        if SearchEnd.GENERATOR_LIMIT in ends:
            return f"{held}; beyond that the generator is the limit, not the server."
        if SearchEnd.OUT_OF_RANGE in ends:
            where = "held no rate at all" if self.at_least is None else "held every rate that was tried"
            return f"{name} {where}: check the SLO."
        return f"{held}: the time was over before its limit was found in every round. Give more --minutes."


def judge_capacity(before: VariantCapacity, after: VariantCapacity) -> Verdict:
    """Judge the claim that after holds at least the rate that before holds, by whole intervals."""
    was, is_ = before.estimate, after.estimate
    if was and is_:
        return _judge_change(was, is_)
    if was and after.at_least and len(after.brackets) >= LEAST_ROUNDS and after.at_least >= was.high:
        return Verdict(
            outcome=Outcome.PASSED, reason=f"Before holds at most {was.high:.3g}/s. {after.reason}"
        )
    if is_ and before.at_least and len(before.brackets) >= LEAST_ROUNDS and before.at_least > is_.high:
        return Verdict(
            outcome=Outcome.FAILED, reason=f"After holds at most {is_.high:.3g}/s. {before.reason}"
        )
    return Verdict(outcome=Outcome.INCONCLUSIVE, reason=before.reason or after.reason)


def _judge_change(was: Interval, is_: Interval) -> Verdict:
    change = capacity_change(was, is_)
    told = (
        f"After holds {_told(is_)}, before {_told(was)}: {change.value:+.3g} % "
        f"({change.low:+.3g} to {change.high:+.3g} %)"
    )
    if change.low >= 0:
        return Verdict(outcome=Outcome.PASSED, reason=f"{told}.")
    if change.high < 0:
        return Verdict(outcome=Outcome.FAILED, reason=f"{told}.")
    return Verdict(outcome=Outcome.INCONCLUSIVE, reason=f"{told}, which proves neither a gain nor a loss.")


def _told(interval: Interval) -> str:
    return f"{interval.value:.3g}/s ({interval.low:.3g} to {interval.high:.3g})"
