"""Did the harness measure truly? One Check for each condition; docs/adr/0006 says where the limits come from.

The limits are those of the measurement, not of the server: past them the numbers describe the wrong thing,
and the run is invalid whatever they say.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.gates.worker_validity import check_workers
from harness.model.slice_summary import GeneratorReport, SliceSummary
from harness.model.verdict import Check
from harness.stats.pairing import Pairing
from harness.stats.signed_rank import signed_rank_interval

LEAST_RATE_SHARE = 0.999
"""Of the planned arrivals that must have been sent."""

MOST_LAG_MS = 5.0
"""Of a slice's 99th percentile of start lag and of event-loop lag, or MOST_LAG_SHARE where that is more."""

MOST_LAG_SHARE = 0.05
"""Of the variant's own p95: a generator that adds 10 ms to 400 ms has not changed what is seen."""

MOST_GENERATOR_CORES = 0.30
"""In a slice. An event loop is a queue: at 40 % of a core its p99 delay is 5 to 25 ms already."""

MOST_BAD_SLICES = 0.10
"""Of the slices may cross a limit: a machine hiccups, and rounds are robust against that."""

MOST_LATE_SHARE = 0.05
"""Of all arrivals may start more than 5 ms late, however slow the variant: beyond, the plan was not kept."""

MOST_CONNECTION_ERROR_SHARE = 0.01
"""Of a slice's requests may find or keep no connection."""

MOST_HOST_SHARE = 0.95
"""Of all cores may be busy on average in a slice: beyond, whoever waits for a core waits for chance."""

MOST_STEAL_SHARE = 0.05
"""Of all cores may be taken by other machines on average in a slice."""

MOST_BUSY_SLICES = 0.25
"""Of the slices may see so busy a machine: what it does to the generator is measured by its lags besides."""

MOST_DRIFT = 0.02
"""By which the first third of the precision parts may be slower than the last third, beyond doubt."""

MOST_DRIFT_UNDER_LOAD = 0.10
"""The same where rounds have load alone: what one request waits for others hides smaller drifts."""

MOST_UNANSWERED_SHARE = 0.01
"""Of one variant's requests may end without any answer: past it something on the way broke, and the latencies
that are left are those of the lucky."""

LEAST_SAME_REQUESTS = 0.95
"""Of good arrivals should have sent the same endpoints in the same order to both variants."""

MOST_MIX_SHIFT = 0.05
"""By which an endpoint's share of good requests may differ between variants, beyond what chance does."""

MOST_IDLE_CORES = 0.02
"""That a server may use while the other one is measured."""

DRIFT_CONFIDENCE = 0.95
"""Of the interval over rounds: a steady variant is called unsteady in at most 2.5 % of runs, and only if it
is as unsteady as the limit allows."""

REPORTED_ONLY = frozenset({"background-work", "same-journeys", "same-requests", "open-loop"})
"""Checks that people should see and that make no run invalid. A scenario that draws without its seed sends
other requests to each side: that widens the intervals as any noise does. Only a shifted mix biases them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFacts:
    """What the samples of one variant say about the measurement."""

    request_count: int
    unanswered_count: int
    """Requests with status 0: refused, reset, timed out."""
    sample_count: int
    """Rows in the sample files."""
    p95_ms: float | None
    """Of the response time; None where too few samples support it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostShare:
    """How busy the whole machine was during one slice, on average over its cores."""

    cpu: float
    steal: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What the plan and the samples say beside the slice summaries."""

    planned_round_count: int
    whole_round_count: int
    gap: str
    """What is missing, one sentence; empty if nothing."""
    pairing: Pairing
    """Of all couples."""
    variants: Mapping[str, VariantFacts]
    host: Sequence[HostShare] = ()
    """Of the slices that count; empty where nobody looked at the machine."""
    closed_loop_users: int | None = None
    """None in an open loop."""
    drifts: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    """Of each variant, round by round: log ratio of the first against the last third, where it is known."""
    has_precision: bool = False
    """The drifts are those of the precision parts."""


def check_validity(summaries: Sequence[tuple[int, SliceSummary]], facts: RunFacts) -> tuple[Check, ...]:
    """Return every check, in the order in which people should read them.

    Args:
        summaries: round and summary of the slices that count, those of whole rounds.
        facts: the rest.
    """
    slices = [summary for _, summary in summaries]
    return (
        _rounds_complete(facts),
        _samples_complete(facts),
        *_open_loop(facts),
        *_check_slices(slices, {variant_id: seen.p95_ms for variant_id, seen in facts.variants.items()}),
        *check_workers(slices),
        _host_cpu(facts.host),
        _steal(facts.host),
        _schedule_equal(summaries),
        _same_journeys(facts),
        _same_requests(facts),
        _same_mix(facts),
        _unanswered(facts),
        _background_work(slices),
        _warm_up(facts),
    )


def check_load(report: GeneratorReport, *, p95_ms: float) -> tuple[Check, ...]:
    """Return the checks of one stretch of load by itself, without variants to compare.

    Args:
        report: what the generator says of itself.
        p95_ms: of the response time, as far as it is known; 0 where it is not.
    """
    summary = SliceSummary(
        slice=0,
        variant="",
        couple=0,
        is_warm_up=False,
        duration_s=(report.ended_ns - report.started_ns) / 1e9,
        schedule_sha256="",
        idle_cpu_share={},
        report=report,
    )
    return _check_slices([summary], {"": p95_ms})


def check_client_delay(contradictions: Sequence[str]) -> Check:
    """Check that no verdict hangs on the generator's own delay.

    The truth lies between service time (from the send) and response time (from the planned moment).

    Args:
        contradictions: titles of the KPIs on response time whose verdict is another one on service time.
    """
    count = len(contradictions)
    detail = "Every verdict on response time is the same on service time."
    if contradictions:
        detail = (
            f"{', '.join(contradictions)}: the verdict on service time is another one, so the generator's own"
            " delay decides. Lower the rate."
        )
    return Check(id="client-delay", ok=count == 0, value=float(count), limit=0.0, detail=detail)


P95ByVariant = Mapping[str, float | None]


def _check_slices(slices: Sequence[SliceSummary], p95_ms: P95ByVariant) -> tuple[Check, ...]:
    return (
        _rate_achieved(slices),
        _dropped_arrivals(slices),
        _start_lag(slices, p95_ms),
        _late_starts(slices),
        _loop_lag(slices, p95_ms),
        _generator_cpu([summary for summary in slices if not summary.is_precision]),
        _connection_errors(slices),
        _drained(slices),
    )


def _open_loop(facts: RunFacts) -> tuple[Check, ...]:
    """Say what a closed loop cannot see; nothing needs to be said of an open one."""
    if facts.closed_loop_users is None:
        return ()
    detail = (
        f"This was a closed loop of {facts.closed_loop_users} users: a slow server is asked less, so what"
        " users would have waited meanwhile is in no number (coordinated omission). Give a rate to see it."
    )
    return (Check(id="open-loop", ok=False, value=0.0, limit=1.0, detail=detail),)


def _rounds_complete(facts: RunFacts) -> Check:
    ok = facts.whole_round_count >= facts.planned_round_count
    detail = f"All {facts.planned_round_count} planned rounds are whole."
    if not ok:
        detail = f"{facts.gap} Run it again to the end."
    return Check(
        id="rounds-complete",
        ok=ok,
        value=float(facts.whole_round_count),
        limit=float(facts.planned_round_count),
        detail=detail,
    )


def _samples_complete(facts: RunFacts) -> Check:
    reported = sum(variant.request_count for variant in facts.variants.values())
    stored = sum(variant.sample_count for variant in facts.variants.values())
    detail = f"The sample files hold {stored:,} of {reported:,} requests that the generator reported."
    return Check(
        id="samples-complete",
        ok=stored == reported,
        value=float(stored),
        limit=float(reported),
        detail=detail + ("" if stored == reported else " A file is damaged: run it again."),
    )


def _rate_achieved(slices: Sequence[SliceSummary]) -> Check:
    planned = sum(summary.report.planned_arrivals for summary in slices)
    sent = sum(summary.report.sent_arrivals for summary in slices)
    share = sent / planned if planned else 0.0
    ok = share >= LEAST_RATE_SHARE
    detail = f"{sent:,} of {planned:,} planned arrivals were sent, {100 * LEAST_RATE_SHARE:g} % must be."
    return Check(
        id="rate-achieved",
        ok=ok,
        value=share,
        limit=LEAST_RATE_SHARE,
        detail=detail
        + ("" if ok else " The generator cannot keep this rate: lower it, or use more workers."),
    )


def _dropped_arrivals(slices: Sequence[SliceSummary]) -> Check:
    dropped = sum(summary.report.dropped_arrivals for summary in slices)
    detail = "No arrival was dropped."
    if dropped:
        detail = (
            f"{dropped:,} arrivals found no free user and were dropped; they count as failed requests."
            " Lower the rate to one that both variants can serve."
        )
    return Check(id="dropped-arrivals", ok=dropped == 0, value=float(dropped), limit=0.0, detail=detail)


def _start_lag(slices: Sequence[SliceSummary], p95_ms: P95ByVariant) -> Check:
    bad = [s for s in slices if s.report.start_lag_ms.p99 > _lag_limit_ms(p95_ms.get(s.variant))]
    worst = max((summary.report.start_lag_ms.p99 for summary in slices), default=0.0)
    return _slice_share_check(
        "start-lag",
        len(bad),
        len(slices),
        lambda count: f"{count} started requests too late (p99 up to {worst:.1f} ms after the plan).",
        "The generator or the machine is too busy: lower the rate, use more workers, or stop what else runs.",
    )


def _late_starts(slices: Sequence[SliceSummary]) -> Check:
    sent = sum(summary.report.sent_arrivals for summary in slices)
    late = sum(summary.report.late_arrivals for summary in slices)
    share = late / sent if sent else 0.0
    ok = share <= MOST_LATE_SHARE
    detail = f"{late:,} of {sent:,} arrivals started more than 5 ms late, {_percent(MOST_LATE_SHARE)} may."
    remedy = " The generator or the machine is too busy: lower the rate, or use more workers."
    return Check(
        id="late-starts", ok=ok, value=share, limit=MOST_LATE_SHARE, detail=detail + ("" if ok else remedy)
    )


def _loop_lag(slices: Sequence[SliceSummary], p95_ms: P95ByVariant) -> Check:
    bad = [s for s in slices if _worst_loop_lag_ms(s.report) > _lag_limit_ms(p95_ms.get(s.variant))]
    worst = max((_worst_loop_lag_ms(summary.report) for summary in slices), default=0.0)
    return _slice_share_check(
        "loop-lag",
        len(bad),
        len(slices),
        lambda count: f"{count} had a blocked event loop in the generator (p99 up to {worst:.1f} ms).",
        "Look for blocking work in the scenario, lower the rate, or stop what else runs.",
    )


def _worst_loop_lag_ms(report: GeneratorReport) -> float:
    """Return the p99 of the worst event loop: among many workers a blocked one would not show in all lags."""
    loops = (report.loop_lag_ms, *(worker.loop_lag_ms for worker in report.workers))
    return max(lag.p99 for lag in loops)


def _lag_limit_ms(p95_ms: float | None) -> float:
    """Return the limit of one variant's slices: see MOST_LAG_MS."""
    return max(MOST_LAG_MS, MOST_LAG_SHARE * (p95_ms or 0.0))


def _generator_cpu(slices: Sequence[SliceSummary]) -> Check:
    bad = [summary for summary in slices if summary.report.generator_cpu_share > MOST_GENERATOR_CORES]
    worst = max((summary.report.generator_cpu_share for summary in slices), default=0.0)
    return _slice_share_check(
        "generator-cpu",
        len(bad),
        len(slices),
        lambda count: (
            f"{count} kept the generator busier than {_percent(MOST_GENERATOR_CORES)} of a core"
            f" (up to {_percent(worst)})."
        ),
        "Its own queue is then part of what it sees: lower the rate, or use more workers.",
    )


def _connection_errors(slices: Sequence[SliceSummary]) -> Check:
    shares = [
        summary.report.connection_errors / summary.report.request_count
        if summary.report.request_count
        else 0.0
        for summary in slices
    ]
    total = sum(summary.report.connection_errors for summary in slices)
    return _slice_share_check(
        "connection-errors",
        sum(share > MOST_CONNECTION_ERROR_SHARE for share in shares),
        len(slices),
        lambda count: (
            f"{count} lost more than {_percent(MOST_CONNECTION_ERROR_SHARE)} of their requests to connections"
            f" that failed ({total:,} in all)."
        ),
        "See whether the server takes so many connections, and whether it lives; lower the rate.",
    )


def _host_cpu(host: Sequence[HostShare]) -> Check:
    worst = max((seen.cpu for seen in host), default=0.0)
    return _slice_share_check(
        "host-cpu",
        sum(seen.cpu > MOST_HOST_SHARE for seen in host),
        len(host),
        lambda count: f"{count} saw all cores busy (up to {_percent(worst)} of them on average).",
        "Whoever waits for a core waits for chance: stop what else runs, or lower the rate.",
        most=MOST_BUSY_SLICES,
    )


def _steal(host: Sequence[HostShare]) -> Check:
    worst = max((seen.steal for seen in host), default=0.0)
    return _slice_share_check(
        "steal",
        sum(seen.steal > MOST_STEAL_SHARE for seen in host),
        len(host),
        lambda count: (
            f"{count} lost more than {_percent(MOST_STEAL_SHARE)} of the cores to other machines"
            f" (up to {_percent(worst)})."
        ),
        "Run at another time, or on a machine of its own.",
        most=MOST_BUSY_SLICES,
    )


def _slice_share_check(
    check_id: str,
    bad: int,
    count: int,
    tell: Callable[[str], str],
    remedy: str,
    *,
    most: float = MOST_BAD_SLICES,
) -> Check:
    share = bad / count if count else 0.0
    ok = share <= most
    detail = tell(f"{bad} of {count} slices")
    return Check(id=check_id, ok=ok, value=share, limit=most, detail=detail if ok else f"{detail} {remedy}")


def _drained(slices: Sequence[SliceSummary]) -> Check:
    hanging = sum(not summary.report.drained for summary in slices)
    detail = "Every slice ended with nothing in flight."
    if hanging:
        detail = (
            f"{hanging} of {len(slices)} slices ended with requests still in flight: these were never seen to"
            " finish, and they ran on in the next slice. Lower the rate."
        )
    return Check(id="drained", ok=hanging == 0, value=float(hanging), limit=0.0, detail=detail)


def _schedule_equal(summaries: Sequence[tuple[int, SliceSummary]]) -> Check:
    schedules: dict[tuple[int, int], set[str]] = {}
    for round_index, summary in summaries:
        schedules.setdefault((round_index, summary.couple), set()).add(summary.schedule_sha256)
    unequal = sum(len(hashes) > 1 for hashes in schedules.values())
    detail = f"The slices of each of {len(schedules)} couples replayed one schedule."
    if unequal:
        detail = f"In {unequal} of {len(schedules)} couples the schedules differ: a bug, report it."
    return Check(id="schedule-equal", ok=unequal == 0, value=float(unequal), limit=0.0, detail=detail)


def _same_journeys(facts: RunFacts) -> Check:
    pairing = facts.pairing
    share = pairing.same_journey_count / pairing.arrival_count if pairing.arrival_count else 0.0
    ok = pairing.same_journey_count == pairing.arrival_count and pairing.arrival_count > 0
    counts = f"{pairing.same_journey_count:,} of {pairing.arrival_count:,}"
    detail = f"{counts} arrivals ran the same task in all variants."
    return Check(
        id="same-journeys",
        ok=ok,
        value=share,
        limit=1.0,
        detail=detail if ok else f"{detail} The scenario must choose its tasks from the seed it is given.",
    )


def _same_requests(facts: RunFacts) -> Check:
    pairing = facts.pairing
    share = pairing.same_requests_count / pairing.good_count if pairing.good_count else 1.0
    ok = share >= LEAST_SAME_REQUESTS
    detail = (
        f"{pairing.same_requests_count:,} of {pairing.good_count:,} good arrivals sent the same requests to"
        f" all variants, {_percent(LEAST_SAME_REQUESTS)} must."
    )
    remedy = "The variants answer differently, or the scenario draws without its seed."
    return Check(
        id="same-requests",
        ok=ok,
        value=share,
        limit=LEAST_SAME_REQUESTS,
        detail=detail if ok else f"{detail} {remedy}",
    )


def _same_mix(facts: RunFacts) -> Check:
    """Compare the endpoints' shares; chance alone may shift one by three standard errors."""
    pairing = facts.pairing
    least = min(sum(pairing.first_mix.values()), sum(pairing.second_mix.values()))
    limit = MOST_MIX_SHIFT + (3 * math.sqrt(0.5 / least) if least else 0.0)
    shift = pairing.mix_shift
    ok = shift <= limit
    detail = (
        f"No endpoint's share of the good requests differs by more than {_percent(shift)} between variants."
    )
    if not ok:
        detail = (
            f"An endpoint's share of the good requests differs by {_percent(shift)} between the variants: the"
            " whole mix is not one mix. See that both give the scenario the same answers."
        )
    return Check(id="same-mix", ok=ok, value=shift, limit=limit, detail=detail)


def _unanswered(facts: RunFacts) -> Check:
    shares = {
        variant_id: seen.unanswered_count / seen.sample_count if seen.sample_count else 0.0
        for variant_id, seen in facts.variants.items()
    }
    worst = max(shares, key=lambda variant_id: shares[variant_id], default="")
    share = shares.get(worst, 0.0)
    ok = share <= MOST_UNANSWERED_SHARE
    detail = "Every request got an answer."
    if share:
        seen = facts.variants[worst]
        detail = (
            f"{seen.unanswered_count:,} of {seen.sample_count:,} requests to {worst} got no answer and"
            " count as failed."
        )
    return Check(
        id="unanswered",
        ok=ok,
        value=share,
        limit=MOST_UNANSWERED_SHARE,
        detail=detail if ok else f"{detail} See its log, and whether it can take so many connections.",
    )


def _warm_up(facts: RunFacts) -> Check:
    """Check that no variant still became faster within the rounds."""
    limit = MOST_DRIFT if facts.has_precision else MOST_DRIFT_UNDER_LOAD
    proven = {variant_id: _proven_drift(drifts) for variant_id, drifts in facts.drifts.items()}
    worst = max(proven, key=lambda variant_id: proven[variant_id], default="")
    drift = proven.get(worst, 0.0)
    ok = drift <= limit
    detail = "No variant was beyond doubt slower at the start of its rounds than at their end."
    if drift > 0:
        detail = (
            f"{worst} was at least {_percent(drift)} slower in the first third of its rounds than in the"
            f" last, {_percent(limit)} may be."
        )
    remedy = "It was still warming up: double warm_up_seconds."
    return Check(id="warm-up", ok=ok, value=drift, limit=limit, detail=detail if ok else f"{detail} {remedy}")


def _proven_drift(drifts: Sequence[float | None]) -> float:
    """Return the smallest slow-down of the first thirds that the rounds leave possible, 0 for none."""
    known = [drift for drift in drifts if drift is not None]
    if len(known) < len(drifts):
        return 0.0
    interval = signed_rank_interval(known, DRIFT_CONFIDENCE)
    return max(0.0, math.expm1(interval.low)) if interval else 0.0


def _background_work(slices: Sequence[SliceSummary]) -> Check:
    shares: dict[str, list[float]] = {}
    for summary in slices:
        for variant_id, share in summary.idle_cpu_share.items():
            shares.setdefault(variant_id, []).append(share)
    means = {variant_id: sum(seen) / len(seen) for variant_id, seen in shares.items()}
    worst = max(means, key=lambda variant_id: means[variant_id], default="")
    share = means.get(worst, 0.0)
    ok = share < MOST_IDLE_CORES
    detail = "No server did noticeable work while the other one was measured."
    if not ok:
        detail = (
            f"{worst} used {_percent(share)} of a core while it should have been idle: it works in the"
            " background, which costs the other variant time."
        )
    return Check(id="background-work", ok=ok, value=share, limit=MOST_IDLE_CORES, detail=detail)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if share > 0.99 else f"{100 * share:.2g} %"
