"""Measure a capacity: step by step, the variants in turns, in several rounds; sequence and store only."""

import json
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from harness.campaign.bench import Bench
from harness.campaign.execute import open_bench
from harness.campaign.execute_round import OpenRound, open_round, run_slice
from harness.campaign.progress import Progress
from harness.campaign.read_steps import StepNote, read_step
from harness.model.plan import Plan, Round, Slice
from harness.model.slo import Slo
from harness.stats.capacity import (
    GRID_STEPS_PER_DOUBLING,
    Search,
    Step,
    StepVerdict,
    advance,
    bracket,
    judge_repeats,
    nearest_index,
    next_index,
    rate_at,
    step_seconds,
    warm_up_seconds,
)
from harness.store.run_folder import RunFolder

STEP_OVERHEAD_S = 1.0
"""Drain and rest; a step on an overloaded server takes longer."""
MOST_REPEATS = 3
"""An undecided rate is given so many steps; what they counted adds up."""
GENERATOR_TRIES = 2
"""A machine hiccups: a generator that was too slow is believed the second time."""
CURVE_SHARES = (0.25, 0.5, 0.75)
"""Of a variant's own capacity: rates that the search had no reason to try and the curve needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRequest:
    """What was asked."""

    slo: Slo
    minutes: float
    start_rate: float
    """The first rate that is tried, arrivals a second."""


def measure_capacity(
    plan: Plan,
    request: CapacityRequest,
    folder: RunFolder,
    *,
    database_url: str | None,
    progress: Progress,
) -> None:
    """Search the capacity of each variant of `plan` in each of its rounds, and store every step in `folder`.

    However it ends, what was stored until then can be analyzed. Raises as `execute` does.
    """
    ends_at = time.monotonic() + 60 * request.minutes
    known = {variant.id: request.start_rate for variant in plan.variants}
    with open_bench(plan, folder, database_url=database_url, progress=progress) as bench:
        for position, round_ in enumerate(plan.rounds):
            left_s = (ends_at - time.monotonic()) / (len(plan.rounds) - position)
            progress.round_started(round_)
            known = _measure_round(
                bench,
                round_,
                request,
                start_rates=known,
                stride=1 if position else GRID_STEPS_PER_DOUBLING,
                deadline=time.monotonic() + left_s,
            )


def _measure_round(
    bench: Bench,
    round_: Round,
    request: CapacityRequest,
    *,
    start_rates: Mapping[str, float],
    stride: int,
    deadline: float,
) -> dict[str, float]:
    """Return a rate near each variant's capacity, for the next round to start from."""
    with open_round(bench, round_) as open_:
        stepper = _Stepper(bench, round_, request, open_, deadline=deadline)
        searches = {
            variant_id: Search(start=nearest_index(rate), stride=stride)
            for variant_id, rate in start_rates.items()
        }
        searches = _take_turns(searches, stepper)
        rates = {
            variant_id: bracket(search).low or start_rates[variant_id]
            for variant_id, search in searches.items()
        }
        _fill_curves(searches, stepper)
    return rates


def _take_turns(searches: dict[str, Search], stepper: "_Stepper") -> dict[str, Search]:
    """Give each search one step in turn, in an order drawn anew, until all are done or the time is over."""
    while True:
        waiting = [variant_id for variant_id, search in searches.items() if next_index(search) is not None]
        stepper.random.shuffle(waiting)
        done = 0
        for variant_id in waiting:
            index = next_index(searches[variant_id])
            verdict = stepper.decide(variant_id, index) if index is not None else None
            if index is not None and verdict is not None:
                searches = {**searches, variant_id: advance(searches[variant_id], index, verdict)}
                done += 1
        if not done:
            return searches


def _fill_curves(searches: Mapping[str, Search], stepper: "_Stepper") -> None:
    """Use the time that is left for rates below each capacity, one step each, the variants in turns."""
    for share in CURVE_SHARES:
        variant_ids = list(searches)
        stepper.random.shuffle(variant_ids)
        for variant_id in variant_ids:
            low = bracket(searches[variant_id]).low
            index = nearest_index(share * low) if low else None
            if index is not None and index not in searches[variant_id].seen:
                stepper.step(variant_id, index)


class _Stepper:
    """Runs the steps of one round and stores each."""

    def __init__(
        self, bench: Bench, round_: Round, request: CapacityRequest, open_: OpenRound, *, deadline: float
    ) -> None:
        self.random = random.Random(f"{bench.plan.seed}/capacity/{round_.index}")
        self._bench = bench
        self._round = round_
        self._slo = request.slo
        self._open = open_
        self._deadline = deadline
        self._slice_count = 0
        self._requests_per_arrival = 1.0

    def decide(self, variant_id: str, index: int) -> StepVerdict | None:
        """Try one rate, again while it stays undecided; None: there was no time for a first step."""
        steps: list[Step] = []
        while len(steps) < MOST_REPEATS:
            step = self.step(variant_id, index)
            if step is None:
                break
            steps.append(step)
            verdict = judge_repeats(self._slo, steps)
            if verdict is StepVerdict.UNDECIDED:
                continue
            if verdict is not StepVerdict.GENERATOR_LIMIT or len(steps) == GENERATOR_TRIES:
                break
        return judge_repeats(self._slo, steps) if steps else None

    def step(self, variant_id: str, index: int) -> Step | None:
        """Run and store one step; None: the round's time does not allow it."""
        rate = rate_at(index)
        warm_up_s = warm_up_seconds(self._slo, rate)
        duration_s = step_seconds(self._slo, rate, self._requests_per_arrival)
        if time.monotonic() + warm_up_s + duration_s + STEP_OVERHEAD_S > self._deadline:
            return None
        slice_ = Slice(
            index=self._slice_count,
            variant_id=variant_id,
            couple=self._slice_count,
            duration_s=warm_up_s + duration_s,
            schedule_seed=self.random.getrandbits(48),
        )
        self._slice_count += 1
        note = StepNote(
            variant=variant_id,
            slice=slice_.index,
            index=index,
            rate=rate,
            warm_up_s=warm_up_s,
            duration_s=duration_s,
        )
        folder = self._bench.folder
        # before the slice: a step counts as soon as its slice does, whenever somebody presses Ctrl-C
        folder.append_line(folder.steps_jsonl(self._round.index), json.dumps(asdict(note)))
        report = run_slice(self._at_rate(rate), self._round, slice_, self._open)
        if report.sent_arrivals:
            self._requests_per_arrival = max(1.0, report.request_count / report.sent_arrivals)
        return read_step(folder, self._round.index, note, report, self._slo)

    def _at_rate(self, rate: float) -> Bench:
        plan = self._bench.plan
        scenario = replace(plan.scenario, rate=rate, stages=(), users=None)
        return replace(self._bench, plan=replace(plan, scenario=scenario))
