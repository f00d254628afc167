"""Scenario, Arrival, Slice, Round and Plan: what is asked, and what was drawn from the seed."""

from dataclasses import dataclass
from typing import Literal

from harness.model.fault import FaultTimeline
from harness.model.memory import MemoryPhase
from harness.model.variant import Variant

Distribution = Literal["poisson", "uniform"]
"""How arrivals are spread: independent of each other, or evenly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch in which the arrival rate goes in a straight line from the stage before to its own."""

    rate: float
    """Arrivals a second at its end; the first stage starts with it, too."""
    seconds: float
    """0 is a step. The rate of the last stage goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Processes that share the load, under one master."""

    count: int
    listen: str = ""
    """`HOST:PORT` at which the master awaits workers from other hosts; empty: it starts its own, here."""

    @property
    def are_local(self) -> bool:
        """True where the master starts them itself."""
        return not self.listen

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, _, port = self.listen.rpartition(":")
        return host, int(port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What users do, as a Locust file, and how many of them there are: exactly one of rate, stages, users."""

    locustfile: str
    """Path of a Locust file; it needs to know nothing of kpibench."""
    rate: float | None = None
    """Arrivals a second; an arrival is one task of a Locust user, it may send several requests."""
    stages: tuple[Stage, ...] = ()
    """A rate that changes within the slice; each slice starts with the first stage."""
    distribution: Distribution = "poisson"
    """Of the arrivals of a rate or of stages."""
    users: int | None = None
    """Closed loop: so many users at a time, each of whom starts a task when the one before is done and its
    wait is over. The server then decides how much it is asked."""

    workers: Workers | None = None
    """None: one process sends everything."""

    @property
    def profile(self) -> tuple[Stage, ...]:
        """The stages of an open loop; none in a closed one."""
        return self.stages or ((Stage(rate=self.rate, seconds=0),) if self.rate is not None else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedLoop:
    """The load of one slice that is no schedule."""

    users: int
    seed: int
    """Seeds the choices of one action after the other, so that each variant sees the same ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The planned moment at which one user action must start."""

    offset_ns: int
    """Nanoseconds after the start of the slice."""
    seed: int
    """Seeds every choice that the action makes, so that each variant sees the same requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A short stretch of load on one variant."""

    index: int
    """Position in its round, from 0; the warm-up comes first."""
    variant_id: str
    couple: int
    """The slices of a couple, one a variant, replay one schedule. -1 in the warm-up."""
    duration_s: float
    schedule_seed: int
    """Draws the arrivals; equal in the slices of a couple."""
    is_warm_up: bool = False
    """A warm-up is sent like everything else and never counted."""
    is_precision: bool = False
    """The slices of a precision couple run together: each arrival goes to every variant before the next one
    comes, one at a time. The duration is then the variant's share of the most that it may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """The part of a round in which each arrival goes to every variant, with nothing else under way."""

    seconds: float
    """No new arrival begins so long after the first."""
    arrivals: int
    """At most so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One fresh start of all variants with the slices inside it; the unit of inference."""

    index: int
    """From 1."""
    places: tuple[str, ...]
    """Variant ids in the order in which they start, by coin."""
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that will be done, in order, before anything is done."""

    experiment: str
    """Id of the experiment, `quick` for one."""
    title: str
    seed: int
    scale: float
    """Size of the data as pgbench's scale; 1 = 100,000 appointments in the reference backend."""
    scenario: Scenario
    variants: tuple[Variant, ...]
    rounds: tuple[Round, ...]
    kpi_file: str
    """Path of the KPI file as asked for; its text is kept in the run folder."""
    precision: Precision | None = None
    """None: rounds have a load part alone."""
    looks: tuple[int, ...] = ()
    """Rounds after which the run may end because everything is decided; the looks share the error rate.
    Empty: it is judged once, at its end."""
    experiment_file: str = ""
    """Path of the experiment file as asked for, likewise; empty where there was none."""
    memory: MemoryPhase | None = None
    """What comes after the rounds, of which there may then be none; None: nothing."""
    faults: FaultTimeline | None = None
    """What is broken on purpose in each slice that counts; None: nothing is."""
