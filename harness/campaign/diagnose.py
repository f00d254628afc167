"""Look at this machine as an instrument: watch it, drive a null server, compare a build with itself."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.campaign.analyze import analyze
from harness.campaign.bench import divide_cores
from harness.campaign.execute import execute
from harness.campaign.progress import Progress
from harness.drive.locust_driver import LocustDriver
from harness.errors import UsageError
from harness.gates.fitness import (
    Finding,
    Fitness,
    GeneratorReadings,
    NoiseFloor,
    check_frequency,
    check_generator,
    check_load,
    check_memory_and_disk,
    check_noise_floor,
    check_timer,
    worst,
)
from harness.gates.no_slower import no_slower
from harness.gates.validity import LEAST_RATE_SHARE, MOST_LAG_MS
from harness.model.measurement import Estimate
from harness.model.plan import Plan, Slice
from harness.model.slice_summary import GeneratorReport
from harness.model.variant import DatabaseRecipe, Variant
from harness.plan.arrivals import poisson_arrivals
from harness.plan.plan_file import dump_plan
from harness.plan.schedule import draw_rounds
from harness.probe.fitness import watch_machine
from harness.stats.capacity import (
    GRID_STEPS_PER_DOUBLING,
    Search,
    StepVerdict,
    advance,
    bracket,
    nearest_index,
    next_index,
    rate_at,
)
from harness.stats.percentiles import quantiles
from harness.store.run_folder import RunFolder
from harness.store.samples import read_samples
from harness.target.null_server import null_server

CALM_RATE = 50.0
CALM_S = 3.0
CEILING_STEP_S = 1.5
WARM_UP_S = 1.0
DRAIN_S = 5.0
NULL_SCENARIO = Path(__file__).resolve().parents[1] / "generator" / "null_scenario.py"
AGAIN = "again"
"""Id of the variant that is the first one once more."""
A_A_ROUNDS = 6
"""The fewest that give a 95 % interval."""
ROUND_OVERHEAD_S = 6.0
SLICE_OVERHEAD_S = 0.6
NOISE_METRICS = (
    ("response_time", "p50"),
    ("response_time", "p95"),
    ("service_time", "p50"),
    ("service_time", "p95"),
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All findings, and the noise floors where an experiment was given."""

    findings: tuple[Finding, ...]
    floors: tuple[NoiseFloor, ...]
    experiment: str
    date: str

    @property
    def fitness(self) -> Fitness:
        """The worst finding's."""
        return worst(self.findings)

    def as_json(self, minutes: tuple[float, ...]) -> dict[str, Any]:
        """Return it as it is kept and printed, with the smallest change for runs of so many minutes."""
        return {
            "date": self.date,
            "fitness": self.fitness.value,
            "findings": [asdict(finding) for finding in self.findings],
            "experiment": self.experiment,
            "noise_floor": [
                {
                    "metric": floor.title,
                    "change": asdict(floor.change),
                    "rounds": floor.rounds,
                    "minutes": floor.minutes,
                    "smallest_change_percent": {
                        f"{length:g} min": floor.smallest_change(length) for length in minutes
                    },
                }
                for floor in self.floors
            ],
        }


def diagnose(
    plan: Plan | None,
    *,
    minutes: float,
    runs_folder: Path,
    database_url: str | None,
    progress: Callable[[Plan], Any],
    say: Say,
) -> Diagnosis:
    """Look at the machine, the generator and, for an experiment, at its noise.

    Args:
        plan: the experiment's; None: leave its noise floor out.
        minutes: how long to compare the first variant with itself.
        runs_folder: on the disk that runs are written to.
        database_url: as in `execute`.
        progress: makes the follower of the run, as a context manager.
        say: is told which part begins.

    Raises:
        KpibenchError: as in `execute`.
    """
    say("watching the machine for 3 seconds")
    machine = watch_machine(runs_folder)
    say("driving a server that does nothing, for about half a minute")
    generator = read_generator(say)
    floors: tuple[NoiseFloor, ...] = ()
    if plan is not None:
        against_itself = plan_against_itself(plan, minutes)
        say(f"comparing {plan.variants[0].id} with itself for about {minutes:g} minutes")
        with progress(against_itself) as follower:
            floors = measure_noise(against_itself, database_url=database_url, progress=follower)
    return Diagnosis(
        findings=(
            *check_timer(machine.timer_resolution_ns, machine.sleep_overshoot_p99_ms),
            *check_load(machine.steal_share, machine.busy_share),
            *check_frequency(machine.frequency_change, machine.governor),
            *check_memory_and_disk(
                machine.swap_used_bytes, machine.swap_moved_bytes, machine.free_disk_bytes
            ),
            *check_generator(generator),
            *(check_noise_floor(floor) for floor in floors),
        ),
        floors=floors,
        experiment=plan.experiment if plan else "",
        date=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def read_generator(say: Say) -> GeneratorReadings:
    """Drive a null server: first calmly, then faster and faster until the generator is late; tell it."""
    with _null_driver() as run:
        run(CALM_RATE, WARM_UP_S)
        report, response_ms = run(CALM_RATE, CALM_S)
        p50, p99 = quantiles(response_ms, (0.5, 0.99))
        search = Search(start=nearest_index(2 * CALM_RATE))
        while (index := next_index(search)) is not None:
            # lazily: a machine that hiccuped once gets a second try
            tries = (run(rate_at(index), CEILING_STEP_S)[0] for _ in range(2))
            held = any(_is_within_limits(one) for one in tries)
            say(f"  {rate_at(index):.0f} requests a second: {'in time' if held else 'late'}")
            search = advance(search, index, StepVerdict.PASS if held else StepVerdict.FAIL)
            found = bracket(search)
            if found.low and found.high and found.high / found.low <= 2 ** (2 / GRID_STEPS_PER_DOUBLING):
                break
        return GeneratorReadings(
            ceiling_rate=bracket(search).low or 0.0,
            calm_rate=CALM_RATE,
            added_p50_ms=p50,
            added_p99_ms=p99,
            loop_lag_p99_ms=report.loop_lag_ms.p99,
        )


Run = Callable[[float, float], tuple[GeneratorReport, Any]]
"""Rate and seconds in; the generator's report and the response times, ms, out."""


@contextmanager
def _null_driver() -> Iterator[Run]:
    cores = divide_cores()
    source = random.Random(1)
    with (
        tempfile.TemporaryDirectory(prefix="kpibench-doctor-") as folder,
        null_server(cpus=cores.servers if cores else None) as url,
        LocustDriver(
            NULL_SCENARIO,
            {"null": url},
            log_path=Path(folder) / "generator.log",
            cpus=cores.driver if cores else None,
        ) as driver,
    ):

        def run(rate: float, seconds: float) -> tuple[GeneratorReport, Any]:
            samples = Path(folder) / "samples.arrow"
            arrivals = poisson_arrivals(rate=rate, duration_s=seconds, seed=source.getrandbits(48))
            report = driver.run_slice("null", arrivals, duration_s=seconds, samples=samples, drain_s=DRAIN_S)
            columns = read_samples(samples)
            return report, columns.response_ms[~columns.is_failed]

        yield run


def _is_within_limits(report: GeneratorReport) -> bool:
    return (
        report.start_lag_ms.p99 <= MOST_LAG_MS
        and report.loop_lag_ms.p99 <= MOST_LAG_MS
        and report.sent_arrivals >= LEAST_RATE_SHARE * report.planned_arrivals
        and report.drained
    )


def plan_against_itself(plan: Plan, minutes: float) -> Plan:
    """Plan rounds of the first variant against itself that take about so many minutes.

    Raises:
        UsageError: the time is too short for six rounds.
    """
    first = plan.variants[0]
    own = next(piece for piece in plan.rounds[0].slices if not piece.is_warm_up and not piece.is_precision)
    warm_up_s = next((piece.duration_s for piece in plan.rounds[0].slices if piece.is_warm_up), 0.0)
    couples = _couples(minutes, own, warm_up_s)
    if couples < 1:
        raise UsageError(
            f"{minutes:g} minutes are too short to compare {first.id} with itself.",
            hint="Give more --minutes; 3 are enough for the quick experiment.",
        )
    variants = (first, as_another(first, AGAIN))
    return replace(
        plan,
        title=f"{first.id} against itself",
        variants=variants,
        precision=None,
        rounds=draw_rounds(
            [variant.id for variant in variants],
            rounds=A_A_ROUNDS,
            couples=couples,
            slice_s=own.duration_s,
            warm_up_s=warm_up_s,
            seed=plan.seed,
        ),
    )


def _couples(minutes: float, own: Slice, warm_up_s: float) -> int:
    round_s = 60 * minutes / A_A_ROUNDS - ROUND_OVERHEAD_S - 2 * warm_up_s
    return int(round_s / (2 * (own.duration_s + SLICE_OVERHEAD_S)))


def as_another(variant: Variant, variant_id: str) -> Variant:
    """Return the same build under another id: its commands go on to say the id that they mean."""
    recipe = variant.database
    return replace(
        variant,
        id=variant_id,
        title=f"{variant.title} (once more)",
        command=_spelled_out(variant.command, variant.id),
        database=DatabaseRecipe(
            fingerprint=_spelled_out(recipe.fingerprint, variant.id),
            load=_spelled_out(recipe.load, variant.id),
        )
        if recipe
        else None,
    )


def _spelled_out(words: tuple[str, ...], variant_id: str) -> tuple[str, ...]:
    return tuple(word.replace("{variant}", variant_id) for word in words)


def measure_noise(plan: Plan, *, database_url: str | None, progress: Progress) -> tuple[NoiseFloor, ...]:
    """Run `plan`, which compares a build with itself, on the path of every run; nothing of it is kept."""
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kpibench-doctor-") as parent:
        folder = RunFolder.create(Path(parent) / "a-a")
        folder.write_text(
            folder.kpis_yaml, no_slower(has_precision=plan.precision is not None).read_text("utf-8")
        )
        folder.write_text(folder.plan_json, dump_plan(plan))
        execute(plan, folder, database_url=database_url, progress=progress)
        results = analyze(folder)
    minutes = (time.monotonic() - started_s) / 60
    return tuple(noise_floors(results, minutes=minutes))


def noise_floors(results: Mapping[str, Any], *, minutes: float) -> Iterator[NoiseFloor]:
    """Yield what the whole mix showed; a statistic that was not resolvable is left out."""
    changes = {
        (one["metric"], one["stat"]): one["change"]
        for one in results["comparisons"]
        if one["endpoint"] == "*" and one["change"]
    }
    for metric, stat in NOISE_METRICS:
        if (metric, stat) in changes:
            yield NoiseFloor(
                title=f"{metric.replace('_', ' ')} {stat}",
                change=Estimate(**changes[metric, stat]),
                rounds=len(results["rounds"]),
                minutes=minutes,
            )
