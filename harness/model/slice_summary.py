"""SliceSummary: what the generator and the harness saw of one slice beside its samples."""

from dataclasses import dataclass

from harness.model.fault import FaultMark


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Three points of a small distribution, milliseconds."""

    p50: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """One worker of a distributed generator in one slice."""

    id: str
    """`<host>/<number>`."""
    is_lost: bool
    """It died or fell silent, in this slice or before; what it had sent to the master by then is kept."""
    offset_ns: int
    """Its monotonic clock minus the master's, as used in this slice."""
    error_ns: int
    """The most by which that may have been wrong at any moment of the slice."""
    sent_arrivals: int
    request_count: int
    start_lag_ms: Spread
    loop_lag_ms: Spread
    """Zeros for a lost worker, as is its CPU: these are told at the end."""
    cpu_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorReport:
    """The part of a slice summary that the generator alone can know."""

    started_ns: int
    """The slice's time zero on the generator's monotonic clock; arrival offsets count from it."""
    ended_ns: int
    """The end of the drain: nothing in flight, or the drain's time limit."""
    planned_arrivals: int
    sent_arrivals: int
    dropped_arrivals: int
    """Found no free user at the limit of users; never forgotten, each counts as a failed request."""
    late_arrivals: int
    """First send more than 5 ms after the planned time."""
    request_count: int
    failed_count: int
    max_in_flight: int
    drained: bool
    start_lag_ms: Spread
    """First send minus planned time, over arrivals."""
    loop_lag_ms: Spread
    """Wake-up minus planned wake-up of a Poisson-timed heartbeat in the generator's event loop."""
    generator_cpu_share: float
    """CPU time of the generator during the slice, in cores; with workers, of the busiest process."""
    connection_errors: int = 0
    """Requests that could not connect, or whose connection broke before an answer."""
    lost_arrivals: int = 0
    """A lost worker had them and did not report them. Planned = sent + dropped + lost."""
    workers: tuple[WorkerReport, ...] = ()
    """Empty where the generator is a single process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceSummary:
    """One finished slice; the JSON file beside the samples holds these names, flat."""

    slice: int
    variant: str
    couple: int
    is_warm_up: bool
    duration_s: float
    schedule_sha256: str
    """Hash of the arrivals; equal in the slices of a couple."""
    idle_cpu_share: dict[str, float]
    """CPU, in cores, that each other variant's server used meanwhile; it should be idle."""
    report: GeneratorReport
    attempt: int = 1
    """Which fresh start of its round sent it, from 1; more than 1 in a round that was resumed."""
    is_precision: bool = False
    """It took turns with the other variants, one request at a time; it is no load."""
    faults: tuple[FaultMark, ...] = ()
    """What was broken meanwhile, in order of time."""
