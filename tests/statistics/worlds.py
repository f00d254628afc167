"""Synthetic worlds: many whole runs at once, by numpy, on machines as noisy as machines are.

A run is rounds of fresh processes (each with lasting luck), a precision part and a load part on one machine
whose speed drifts, with slow-downs that come and go. Requests queue: a server works on one at a time. What
the harness would store of each round comes out, so that the project's own code compares and judges it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.gates.decide import judge_kpi, judge_run
from harness.gates.guards import ERROR_RATE, check_guards
from harness.gates.kpi_file import parse_target
from harness.gates.tolerances import TOLERANCES
from harness.model.measurement import Measurement, RoundRatio
from harness.model.verdict import Kpi, Outcome, Verdict
from harness.stats.compare import compare
from harness.stats.pairs import CALM, SLOW
from harness.stats.round_changes import round_changes

Array = npt.NDArray[np.float64]

CONFIDENCE = 0.90
"""Of the gates' intervals, as in no_slower.yaml: each end of one is 95 % sure."""
COUPLES = 20
SLICE_REQUESTS = 40
SLICE_S = 2.0
GAP_S = 0.25
"""Between two slices."""
PAIRS = 800
"""Of one round's precision part."""
PAGES_MS = np.array([9.0, 15.0, 26.0])
SIGMA = 0.45
SPIKES = 0.004
"""Share of requests that take three to ten times as long, on both sides alike."""
STEP_S = 0.25
RUNS_AT_ONCE = 50
"""So many fit into memory with room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How a machine is noisy; the figures are those of the design of the protocol."""

    drift: float
    """Standard deviation of the slow drift of its speed."""
    slow_down_every_s: float
    slow_down: tuple[float, float]
    """Least and most factor while it lasts."""
    slow_down_s: float
    """How long one lasts, on average."""
    process_luck: float
    """Standard deviation of what a fresh start does to a server for its whole life."""


WORLDS = {
    "quiet": World(
        drift=0.02, slow_down_every_s=300, slow_down=(1.05, 1.4), slow_down_s=6, process_luck=0.005
    ),
    "noisy": World(
        drift=0.06, slow_down_every_s=120, slow_down=(1.15, 2.0), slow_down_s=6, process_luck=0.015
    ),
    "vm": World(drift=0.04, slow_down_every_s=20, slow_down=(1.2, 2.5), slow_down_s=1, process_luck=0.015),
    "harsh": World(drift=0.12, slow_down_every_s=60, slow_down=(1.2, 2.5), slow_down_s=6, process_luck=0.03),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What is different in AFTER."""

    service_ratio: float = 1.0
    hung_share: float = 0.0
    """Of requests that take 300 ms more, without holding up the others."""
    stall_every_s: float = 0.0
    """The server stands still for a second so often; 0 for never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Many runs; the first axis of every array is the run, then rounds, then two sides: before and after."""

    pairs_ms: Array
    """(runs, rounds, 2, pairs): service times of the precision part."""
    load_ms: Array
    """(runs, rounds, 2, couples, requests): response times under load."""
    disturbance: Array
    """(runs, rounds, couples): what others took of the machine, as far as one can see it."""


def simulate(
    world: World, effect: Effect, *, runs: int, rounds: int, seed: int, has_fresh_starts: bool = True
) -> Simulated:
    """Simulate that many runs; equal seeds give equal runs.

    Args:
        world: how the machine is noisy.
        effect: what AFTER does differently.
        runs: how many.
        rounds: of each run.
        seed: draws everything.
        has_fresh_starts: False for the naive way, one process a side for the whole run.
    """
    source = np.random.default_rng(seed)
    seconds = 2 * COUPLES * (SLICE_S + GAP_S)
    speed = _speed(world, source, runs * rounds, seconds).reshape(runs, rounds, -1)
    starts = rounds if has_fresh_starts else 1
    luck = np.exp(source.normal(0, world.process_luck, (runs, starts, 2))) * np.ones((1, rounds, 1))
    luck[..., 1] *= effect.service_ratio
    return Simulated(
        pairs_ms=_pairs(world, effect, source, luck),
        load_ms=_load(effect, source, speed, luck),
        disturbance=_disturbance(source, speed),
    )


def _speed(world: World, source: np.random.Generator, count: int, seconds: float) -> Array:
    """Return how much slower than usual the machine is, in steps of STEP_S, one row a round."""
    steps = int(seconds / STEP_S)
    log_speed = np.empty((count, steps))
    pull = np.exp(-STEP_S / 30)
    value = source.normal(0, world.drift, count)
    for step in range(steps):
        value = pull * value + source.normal(0, world.drift * np.sqrt(1 - pull**2), count)
        log_speed[:, step] = value
    return np.exp(log_speed + _slow_downs(world, source, count, steps))


def _slow_downs(world: World, source: np.random.Generator, count: int, steps: int) -> Array:
    """Return logarithms of the factors of slow-downs that begin at Poisson times."""
    found = np.zeros((count, steps))
    left_s, height = np.zeros(count), np.zeros(count)
    for step in range(steps):
        begins = source.random(count) < STEP_S / world.slow_down_every_s
        length_s = source.exponential(world.slow_down_s, count)
        factor = np.log(source.uniform(*world.slow_down, count))
        left_s, height = np.where(begins, length_s, left_s), np.where(begins, factor, height)
        found[:, step] = np.where(left_s > 0, height, 0.0)
        left_s = left_s - STEP_S
    return found


def _pairs(world: World, effect: Effect, source: np.random.Generator, luck: Array) -> Array:
    """Draw pairs of service times: the same page at nearly the same moment on both sides."""
    runs, rounds, _ = luck.shape
    shape = (runs, rounds, 1, PAIRS)
    count = int(PAIRS * 2 * PAGES_MS.mean() / 1e3 / STEP_S) + 1
    speed = _speed(world, source, runs * rounds, (count + 1) * STEP_S).reshape(runs, rounds, -1)
    moment = (np.arange(PAIRS) * count // PAIRS).astype(int)
    page = PAGES_MS[source.integers(0, len(PAGES_MS), shape)]
    drawn = page * speed[..., None, moment] * luck[..., None] * _own(source, (runs, rounds, 2, PAIRS))
    return _hang(effect, source, drawn)


def _own(source: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw what each request does on its own: a lognormal factor, and seldom a spike."""
    spike = np.where(source.random(shape) < SPIKES, source.uniform(3, 10, shape), 1.0)
    return np.exp(source.normal(0, SIGMA, shape)) * spike


def _hang(effect: Effect, source: np.random.Generator, times_ms: Array) -> Array:
    if effect.hung_share:
        times_ms[..., 1, :] += 300 * (source.random(times_ms[..., 1, :].shape) < effect.hung_share)
    return times_ms


def _load(effect: Effect, source: np.random.Generator, speed: Array, luck: Array) -> Array:
    """Draw slices in ABBA or BAAB quads; the slices of a couple replay one schedule."""
    runs, rounds, _ = speed.shape
    shape = (runs, rounds, 2, COUPLES, SLICE_REQUESTS)
    couple = (runs, rounds, 1, COUPLES, SLICE_REQUESTS)
    arrival_ms = np.sort(source.random(couple), axis=-1) * SLICE_S * 1e3
    page = PAGES_MS[source.integers(0, len(PAGES_MS), couple)]
    first = source.integers(0, 2, (runs, rounds, 1, COUPLES // 2)).repeat(2, axis=-1)
    first[..., 1::2] = 1 - first[..., 1::2]
    side = np.array([0, 1]).reshape(1, 1, 2, 1)
    place = 2 * np.arange(COUPLES).reshape(1, 1, 1, -1) + (side != first)
    start_s = place[..., None] * (SLICE_S + GAP_S)
    step = ((start_s + arrival_ms / 1e3) / STEP_S).astype(int)
    slowness = np.take_along_axis(speed[:, :, None, :], step.reshape(runs, rounds, 2, -1), axis=-1)
    service = page * slowness.reshape(shape) * luck[..., None, None] * _own(source, shape)
    arrivals = np.broadcast_to(arrival_ms, shape)
    if effect.stall_every_s:
        service = _stall(effect, source, service, start_s[:, :, 1] + arrival_ms[:, :, 0] / 1e3)
    # Lindley by sums: the end of request n is the largest, over k <= n, of arrival k + services k ... n.
    done = np.cumsum(service, axis=-1)
    finished = done + np.maximum.accumulate(arrivals - (done - service), axis=-1)
    response = finished - arrivals
    return _hang(effect, source, response.reshape(runs, rounds, 2, -1)).reshape(shape)


def _stall(effect: Effect, source: np.random.Generator, service: Array, at_s: Array) -> Array:
    """Let AFTER stand still for a second so often; what comes first after that waits, and all behind it.

    Args:
        effect: how often.
        source: draws when the first one is.
        service: of all requests.
        at_s: when AFTER's requests arrive, since the start of the round's load.
    """
    first_s = source.uniform(0, effect.stall_every_s, (*service.shape[:2], 1, 1))
    number = np.floor((at_s - first_s) / effect.stall_every_s)
    before = np.concatenate([np.full_like(number[..., :1], np.nan), number[..., :-1]], axis=-1)
    service[:, :, 1] += 1000.0 * (number > before)
    return service


def _disturbance(source: np.random.Generator, speed: Array) -> Array:
    """Return what a probe sees of others: their part of what slows us down, and much that does not."""
    runs, rounds, steps = speed.shape
    per_couple = speed.reshape(runs, rounds, COUPLES, steps // COUPLES).mean(axis=-1)
    return np.asarray(np.maximum(0, per_couple - 0.9) * np.exp(source.normal(0, 0.3, per_couple.shape)))


def stored(reduced: "Reduced", run: int) -> tuple[list[Measurement], list[RoundRatio]]:
    """Return what the analysis would have measured of one run's rounds."""
    measurements = [
        Measurement(
            variant_id=variant, round_index=index, endpoint="*", metric=metric, stat=stat,
            value=float(values[run, index, side]), sample_count=count,
        )
        for (metric, stat), (values, count) in reduced.levels.items()
        for index in range(values.shape[1])
        for side, variant in enumerate(("before", "after"))
    ]  # fmt: skip
    ratios = [
        RoundRatio(
            baseline="before", variant="after", round_index=index, endpoint="*", metric=metric, stat=stat,
            log_ratio=float(values[run, index]), pair_count=count,
        )
        for (metric, stat), (values, count) in reduced.ratios.items()
        for index in range(values.shape[1])
    ]  # fmt: skip
    return measurements, ratios


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """Every run's numbers a round, by metric and statistic, each with the requests or pairs behind it."""

    levels: dict[tuple[str, str], tuple[Array, int]]
    """(runs, rounds, 2)."""
    ratios: dict[tuple[str, str], tuple[Array, int]]
    """(runs, rounds)."""


def reduce(simulated: Simulated) -> Reduced:
    """Compute all runs' statistics at once; a test holds them to those of the analysis."""
    pairs, load = simulated.pairs_ms, simulated.load_ms
    runs, rounds = load.shape[:2]
    pooled = load.reshape(runs, rounds, 2, -1)
    count = pooled.shape[-1]
    alone, together = np.sort(pairs, axis=-1), np.sort(pooled, axis=-1)
    in_slice = np.sort(load, axis=-1)
    levels: dict[tuple[str, str], tuple[Array, int]] = {}
    ratios: dict[tuple[str, str], tuple[Array, int]] = {}
    for stat, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        levels["unloaded_time", stat] = _ranked(alone, q), PAIRS
        levels["response_time", stat] = _ranked(together, q), count
    for stat, q in (("p50_typical", 0.5), ("p95_typical", 0.95)):
        slices = _ranked(in_slice, q)
        levels["response_time", stat] = np.median(slices, axis=-1), count
        log_ratios = np.log(slices[:, :, 1] / slices[:, :, 0])
        ratios["response_time", stat] = np.median(log_ratios, axis=-1), COUPLES
    calm = _calm(simulated.disturbance)
    masked = np.sort(np.where(calm[:, :, None, :, None], load, np.inf).reshape(pooled.shape), axis=-1)
    calm_count = calm.sum(axis=-1)[:, :, None] * SLICE_REQUESTS
    for stat, q in (("p50_calm", 0.5), ("p95_calm", 0.95)):
        rank = np.broadcast_to(np.ceil(q * calm_count - 1e-9).astype(int) - 1, (runs, rounds, 2))
        values = np.take_along_axis(masked, rank[..., None], axis=-1)[..., 0]
        levels["response_time", stat] = values, int(calm_count.min())
    log_pairs = np.log(pairs[:, :, 1] / pairs[:, :, 0])
    ratios["unloaded_time", "p50"] = np.median(log_pairs, axis=-1), PAIRS
    limit = SLOW * np.median(levels["response_time", "p95"][0][:, :, 0], axis=1)
    slow = (pooled > limit[:, None, None, None]).mean(axis=-1)
    levels["slow_share", "share"] = 100 * slow, count
    return Reduced(levels=levels, ratios=ratios)


def _ranked(ordered: Array, q: float) -> Array:
    """Return the smallest value that a share q does not exceed: the project's quantile."""
    return np.asarray(ordered[..., int(np.ceil(q * ordered.shape[-1] - 1e-9)) - 1])


def _calm(disturbance: Array) -> npt.NDArray[np.bool_]:
    quartile = np.quantile(disturbance, 0.25, axis=-1, keepdims=True, method="higher")
    return np.asarray(disturbance <= CALM * quartile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """Percent by which gates and guards may get worse."""

    service: float = 7.5
    load: float = 15.0


def judge_runs(
    world: World,
    effect: Effect,
    *,
    runs: int,
    rounds: int,
    seed: int,
    tolerances: Tolerances | None = None,
    looks: tuple[int, ...] = (),
) -> Iterator[tuple[Verdict, int]]:
    """Simulate runs and judge each as `kpibench run` does; yield its verdict and after how many rounds."""
    asked = tolerances or Tolerances()
    for start in range(0, runs, RUNS_AT_ONCE):
        count = min(RUNS_AT_ONCE, runs - start)
        simulated = simulate(world, effect, runs=count, rounds=rounds, seed=seed + start)
        reduced = reduce(simulated)
        for run in range(count):
            yield _judge_one(*stored(reduced, run), asked, looks or (rounds,))


def _judge_one(
    measurements: list[Measurement], ratios: list[RoundRatio], asked: Tolerances, looks: tuple[int, ...]
) -> tuple[Verdict, int]:
    verdict = Verdict(outcome=Outcome.INCONCLUSIVE, reason="")
    for look in looks:
        seen = [found for found in measurements if found.round_index < look]
        paired = [found for found in ratios if found.round_index < look]
        confidence = 1 - (1 - CONFIDENCE) / len(looks)
        comparisons = compare(seen, paired, before="before", after="after", confidence=confidence)
        gates = _gates(asked)
        guards = check_guards(
            round_changes(seen, paired, before="before", after="after"),
            comparisons,
            gates,
            tolerances={
                "unloaded_time": asked.service,
                "response_time": asked.load,
                "slow_share": TOLERANCES["slow_share"],
            },
            error_rate=ERROR_RATE / len(looks),
        )
        verdict = judge_run([judge_kpi(gate, comparisons) for gate in gates], [], guards.worse)
        if verdict.outcome is not Outcome.INCONCLUSIVE:
            return verdict, look
    return verdict, looks[-1]


def _gates(asked: Tolerances) -> list[Kpi]:
    return [
        Kpi(
            id=f"{metric}-{stat}", title=f"{metric} {stat}", why="", metric=metric, stat=stat, endpoint="*",
            targets=(parse_target(f"change <= +{tolerance:g} %", "ms"),), is_blocking=True,
        )
        for metric, stat, tolerance in (
            ("unloaded_time", "p50", asked.service),
            ("unloaded_time", "p95", asked.service),
            ("response_time", "p50_typical", asked.load),
            ("response_time", "p95_typical", asked.load),
        )
    ]  # fmt: skip


def naive_p95(simulated: Simulated, *, limit: float = 1.05) -> npt.NDArray[np.bool_]:
    """Tell for each run whether "one run each, p95 more than 5 % higher" calls AFTER slower."""
    before, after = _one_run_each(simulated)
    return np.asarray(_ranked(np.sort(after), 0.95) > limit * _ranked(np.sort(before), 0.95))


def naive_mann_whitney(simulated: Simulated) -> npt.NDArray[np.bool_]:
    """Tell for each run whether Mann-Whitney over all requests, one-sided at 5 %, calls AFTER slower."""
    before, after = _one_run_each(simulated)
    n, m = before.shape[-1], after.shape[-1]
    order = np.argsort(np.concatenate([before, after], axis=-1), axis=-1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(1, n + m + 1), order.shape), axis=-1)
    u = ranks[:, n:].sum(axis=-1) - m * (m + 1) / 2
    return np.asarray((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12) > 1.645)


def _one_run_each(simulated: Simulated) -> tuple[Array, Array]:
    """Return what two runs one after the other would have seen: each a single process, each its own time."""
    runs, rounds = simulated.load_ms.shape[:2]
    half = rounds // 2
    before = simulated.load_ms[:, :half, 0].reshape(runs, -1)
    after = simulated.load_ms[:, half:, 1].reshape(runs, -1)
    size = min(before.shape[-1], after.shape[-1])
    return before[:, :size], after[:, :size]
