"""results.json as frozen values: read once, checked once, never changed.

The words are those of docs/formats.md. Identity, verdict, variants, checks, KPIs, comparisons and environment
must be there; the rest may be absent and is then empty, so that a run without charts still gives a report.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from reports.errors import ReportError

SCHEMA_VERSION = 1
ALL_ENDPOINTS = "*"
"""How results.json names the whole mix."""

Outcome = Literal["passed", "warned", "failed", "inconclusive", "no_data", "invalid"]
Side = Literal["before", "after"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its interval. Absolute values are in `unit`, changes in percent of before.

    The end of a recovery time may be infinite: the backend never came back.
    """

    value: float
    low: float
    high: float
    unit: str
    sample_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What was said before anything was measured, in the words in which it was said; empty where nothing."""

    before: str
    after: str
    improvement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A claim, what it demands and what became of it."""

    id: str
    title: str
    why: str
    metric: str
    stat: str
    endpoint: str
    is_blocking: bool
    outcome: Outcome
    reason: str
    before: Estimate | None
    after: Estimate | None
    change: Estimate | None
    targets: tuple[str, ...]
    warn: tuple[str, ...] = ()
    """Limits looser than the targets."""
    decide_on: str = "ci"
    """`ci` or `point`."""
    claim: Claim | None = None
    owner: str = ""
    line: int = 0
    """In the KPI file, from 1; 0 where it is not known."""
    phase: str = ""
    """Of slices with faults; empty: of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One variant against another in one statistic; `reason` says why an estimate is missing."""

    endpoint: str
    metric: str
    stat: str
    before: Estimate | None
    after: Estimate | None
    change: Estimate | None
    before_count: int
    after_count: int
    reason: str
    baseline: str = "before"
    """Id of the variant in the place of before."""
    variant: str = "after"
    """Id of the variant in the place of after."""
    phase: str = ""
    """Of slices with faults; empty: of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One build under test and what it answered in total."""

    id: str
    title: str
    request_count: int
    failed_count: int
    memory_uss: Estimate | None
    cpu_time: Estimate | None
    requests_per_core: Estimate | None = None
    """How many requests a second use one core up, by the server's CPU time alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition that a valid measurement must meet."""

    id: str
    ok: bool
    value: float | None
    limit: float | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One fresh start of all variants."""

    index: int
    places: tuple[str, ...]
    slice_count: int
    request_counts: dict[str, int]
    """Requests that count, by variant id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """An empirical distribution: `shares[i]` of the requests took at most `xs_ms[i]`."""

    xs_ms: tuple[float, ...]
    shares: tuple[float, ...]
    sample_count: int = 0
    resolvable_share: float = 0.0
    """Above it too few samples lie beyond to say anything of the tail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The distributions of one metric of one endpoint, of both variants."""

    endpoint: str
    metric: str
    before: Curve
    after: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """Percentiles of one variant over one round, a window each; None: too few requests in it."""

    variant: str
    round_index: int
    at_s: tuple[float, ...]
    p50_ms: tuple[float | None, ...]
    p95_ms: tuple[float | None, ...]
    request_counts: tuple[int, ...]
    p99_ms: tuple[float | None, ...] = ()
    failed_counts: tuple[int, ...] = ()
    """Empty where the run does not tell, and the same for the two below."""
    lengths_s: tuple[float, ...] = ()
    in_flight: tuple[float, ...] = ()
    """Requests under way at the same time, the mean over each window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPoint:
    """How much one quantile changed, in percent of before."""

    share: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Where in the distribution of one endpoint a change sits."""

    endpoint: str
    metric: str
    is_simultaneous: bool
    points: tuple[ShiftPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """How many good requests of one variant took how long, when: `counts[column][band]`."""

    endpoint: str
    variant: str
    edges_s: tuple[float, ...]
    edges_ms: tuple[float, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLine:
    """Memory and CPU of one variant's server over one round."""

    variant: str
    round_index: int
    at_s: tuple[float, ...]
    uss_mib: tuple[float | None, ...]
    cpu_cores: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeLine:
    """Event loop and collections of one variant's server over one round: the worst since the point before."""

    variant: str
    round_index: int
    at_s: tuple[float, ...]
    lag_ms: tuple[float, ...]
    pause_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRuntime:
    """Event loop lag and collection pauses of one variant under load; None where it cannot be said."""

    lag_p95_ms: Estimate | None
    longest_lag_ms: float | None
    collections_per_1000: float | None
    """Of 1,000 requests."""
    pause_per_request_ms: Estimate | None
    longest_pause_ms: float | None
    reason: str
    """Why something is missing; empty where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Failed requests that look alike."""

    variant: str
    endpoint: str
    status: int
    """0: there was no answer."""
    message: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One database statement as its server counted it."""

    query: str
    calls: int
    total_ms: float
    calls_per_request: float | None = None
    looks_repeated: bool = False
    """It looks like one query a row (N+1)."""
    plan: str = ""
    """Its generic plan; empty where none was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTimes:
    """Own time of one middleware layer, as its server tells it; None where it cannot be said."""

    name: str
    calls_per_request: float | None
    per_request_ms: Estimate | None
    """Under the load that counts, for each request."""
    p50_ms: Estimate | None
    """Of a call since the server's start; the same for the two below."""
    p95_ms: Estimate | None
    p99_ms: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantLayers:
    """The middleware layers of one variant, the outermost first."""

    layers: tuple[LayerTimes, ...]
    reason: str
    """Why there are none, or why a time is missing; empty where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCalls:
    """What one variant asked of other services, under the load that counts."""

    services: str
    """As the server names them in one request; empty where it names none."""
    request_count: int
    call_count: int
    total_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPoint:
    """What one variant showed at one rate, all rounds together."""

    rate: float
    """Arrivals a second."""
    throughput: float
    """Good answers a second."""
    concurrency: float
    latency_ms: float | None
    """The SLO's quantile; None: too few requests."""
    request_count: int
    failed_count: int
    verdicts: tuple[str, ...]
    """One a round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalabilityLaw:
    """The Universal Scalability Law as it was fitted."""

    rate: Estimate | None
    sigma: Estimate | None
    kappa: Estimate | None
    knee: Estimate | None
    peak: Estimate | None
    band: tuple[tuple[float, float, float, float], ...]
    """Concurrency, throughput, its low and its high end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCapacity:
    """What is known of one variant's capacity."""

    id: str
    capacity: Estimate | None
    at_least: float | None
    reason: str
    requests_per_core: Estimate | None
    """Good answers a second and core at the capacity; None where the cores are not known."""
    brackets: tuple[tuple[int, float | None, float | None, str], ...]
    """Round, highest rate that held, lowest that did not, how the search ended."""
    failed_share: Estimate | None
    """Of the requests of all steps that held, percent."""
    curve: tuple[CapacityPoint, ...]
    latency_knee: float | None
    law: ScalabilityLaw | None
    law_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a capacity run found."""

    slo: str
    stat: str
    limit_ms: float
    variants: tuple[VariantCapacity, ...]
    change: Estimate | None
    server_cores: int | None = None
    """That each server was given; None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantMemory:
    """What requests leave behind in one variant."""

    id: str
    source: str
    """`probe`: it tells its live heap; `process`: its pages were looked at; `none`: nothing was seen."""
    state: str
    """`no leak`, `leak`, `pre-existing leak` or `inconclusive`."""
    reason: str
    request_count: int
    slope: Estimate | None
    """Live heap, B/request."""
    uss_slope: Estimate | None
    fd_slope: Estimate | None
    """Of 1,000 requests."""
    thread_slope: Estimate | None
    notes: tuple[str, ...]
    sites: tuple[tuple[str, float, float], ...]
    """Line, bytes and blocks a request that it allocated and that stayed."""
    containers: tuple[tuple[str, str, float], ...]
    """Name, type, entries a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the memory phase found."""

    repeats: int
    requests: int
    tolerance: float
    state: str
    reason: str
    ruler: str
    added: Estimate | None
    variants: tuple[VariantMemory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultMark:
    """When one fault was, seconds after the slice's start; the median over the slices."""

    fault: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFaults:
    """What one variant did, second by second, while things were broken; means over its slices."""

    id: str
    slice_count: int
    marks: tuple[FaultMark, ...]
    at_s: tuple[float, ...]
    asked: tuple[float, ...]
    """Requests a second, by the moment at which they should have been sent; the same for the four below."""
    good: tuple[float, ...]
    slow: tuple[float, ...]
    """Right, and later than the limit."""
    refused: tuple[float, ...]
    failed: tuple[float, ...]
    """In any other way than by a refusal."""
    p50_ms: tuple[float | None, ...]
    p95_ms: tuple[float | None, ...]
    in_flight: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRecovery:
    """How long one variant needed to come back in one round."""

    round_index: int
    variant: str
    fault: str
    seconds: float | None
    """Infinity: it never did; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What was broken on purpose, and what became of the requests."""

    good_within_ms: float
    recovery_share: float
    recovery_window_s: float
    recovery_step_s: float
    refused_statuses: tuple[int, ...]
    refused_within_ms: float
    titles: dict[str, str]
    """Of each fault, by id."""
    actions: dict[str, str]
    """What was done, by id."""
    groups: tuple[str, ...]
    phases: dict[str, str]
    """Title of each phase, by id, in order."""
    variants: tuple[VariantFaults, ...]
    recoveries: tuple[FaultRecovery, ...]
    comparisons: tuple[Comparison, ...]
    """Of the main pair."""

    def comparison(self, phase: str, endpoint: str, metric: str, stat: str) -> Comparison | None:
        """Find a comparison of a phase."""
        key = (phase, endpoint, metric, stat)
        return next(
            (c for c in self.comparisons if (c.phase, c.endpoint, c.metric, c.stat) == key),
            None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One run: what was measured, what was judged, and why."""

    run_id: str
    experiment: str
    title: str
    seed: int
    started_at: str
    duration_s: float | None
    outcome: Outcome
    reason: str
    confidence: float
    variants: tuple[Variant, ...]
    validity: tuple[Check, ...]
    kpis: tuple[Kpi, ...]
    comparisons: tuple[Comparison, ...]
    """Of the main pair: the first variant against the last."""
    rounds: tuple[Round, ...]
    distributions: tuple[Distribution, ...]
    over_time: tuple[TimeSeries, ...]
    queries: dict[str, tuple[Statement, ...]]
    """Statements by variant id, most total time first."""
    layers: dict[str, VariantLayers]
    """By variant id; empty where the run does not tell."""
    external_calls: dict[str, tuple[ExternalCalls, ...]]
    """By variant id, most total time first; of a server that does not tell of them, nothing."""
    gap: str
    """What is missing from the measurement, in one sentence; empty if nothing is."""
    environment: dict[str, Any]
    capacity: Capacity | None = None
    """None: it was no capacity run."""
    memory: Memory | None = None
    """None: the run had no memory phase."""
    faults: Faults | None = None
    """None: nothing was broken on purpose."""
    shifts: tuple[Shift, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    resources: tuple[ResourceLine, ...] = ()
    runtime_lines: tuple[RuntimeLine, ...] = ()
    runtime: dict[str, VariantRuntime] = field(default_factory=dict)
    """By variant id; empty where the run does not tell."""
    errors: tuple[ErrorGroup, ...] | None = None
    """Most requests first; None where the run did not group them."""
    error_group_count: int = 0
    other_comparisons: tuple[Comparison, ...] = ()
    """Of the other pairs, where there are more than two variants: each with the first and with the one in
    front of it."""
    capacity_run: "Results | None" = None
    """Another run, which searched the capacity of the same builds and was given beside this one."""

    @property
    def known_capacity(self) -> Capacity | None:
        """Give what is known of the capacity, of this run or of the one that was given beside it."""
        return self.capacity or (self.capacity_run.capacity if self.capacity_run else None)

    def comparison(self, endpoint: str, metric: str, *stats: str) -> Comparison | None:
        """Find the comparison in the first of `stats` that the run holds."""
        found = {c.stat: c for c in self.comparisons if c.endpoint == endpoint and c.metric == metric}
        return next((found[stat] for stat in stats if stat in found), None)

    def variant_id(self, side: Side) -> str:
        """Name the variant on one side of the comparison."""
        sides = self.sides
        return sides[0 if side == "before" else 1].id if sides else side

    @property
    def sides(self) -> "tuple[Variant, Variant] | None":
        """Give the two variants that are compared: the first with the last; None if there are not two."""
        return (self.variants[0], self.variants[-1]) if len(self.variants) > 1 else None

    @property
    def sides_text(self) -> str:
        """Say which variants stand for before and after, unless they are called so; empty then."""
        if self.sides is None or (self.sides[0].id, self.sides[1].id) == ("before", "after"):
            return ""
        first, last = self.sides
        return f"Here before stands for {first.id} ({first.title}), and after for {last.id} ({last.title})."

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Every endpoint that was compared, without the whole mix, in the order of the file."""
        return tuple(dict.fromkeys(c.endpoint for c in self.comparisons if c.endpoint != ALL_ENDPOINTS))


def with_capacity(results: Results, capacity_run: Results) -> Results:
    """Put a capacity run of the same builds beside a run.

    Raises:
        ReportError: it searched no capacity, or that of other variants.
    """
    if capacity_run.capacity is None:
        raise ReportError(
            f"The run {capacity_run.run_id} searched no capacity.", hint="Make one: kpibench capacity."
        )
    ids = {variant.id for variant in results.variants}
    if unknown := [one.id for one in capacity_run.capacity.variants if one.id not in ids]:
        raise ReportError(
            f"The run {capacity_run.run_id} searched the capacity of {', '.join(unknown)}, "
            f"which the run {results.run_id} does not have."
        )
    return replace(results, capacity_run=capacity_run)


def read_results(run_dir: Path) -> Results:
    """Read `results.json` of a run folder.

    Raises:
        ReportError: the file is missing, is no JSON, is of another schema version, or lacks something.
    """
    path = run_dir / "results.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise ReportError(
            f"There is no results.json in {run_dir}.",
            hint="Give the folder of a run that has finished, for example runs/<id>.",
        ) from None
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ReportError(f"{path} is not JSON: {error}.") from error
    return parse_results(document, source=str(path))


def parse_results(document: Any, *, source: str = "results.json") -> Results:
    """Turn the JSON document into values; `source` names it in errors.

    Raises:
        ReportError: it is of another schema version, or lacks something.
    """
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version != SCHEMA_VERSION:
        raise ReportError(
            f"{source} has schema_version {version!r}, and this version of kpibench reads {SCHEMA_VERSION}.",
            hint="Make the report with the version of kpibench that made the run.",
        )
    try:
        return _results(_Node(document, source))
    except _FaultError as fault:
        raise ReportError(f"{fault}.", hint="Its shape is described in docs/formats.md.") from fault


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


class _FaultError(Exception):
    """Something in the document is not as docs/formats.md says."""


class _Node:
    """A JSON value that knows its place in the document, so that a fault can name it."""

    def __init__(self, value: Any, place: str) -> None:
        self.value = value
        self.place = place

    def __getitem__(self, key: str) -> "_Node":
        node = self.get(key)
        if node is None:
            raise _FaultError(f"{self.place} lacks {key!r}")
        return node

    def get(self, key: str) -> "_Node | None":
        if not isinstance(self.value, dict):
            raise _FaultError(f"{self.place} must be an object")
        return _Node(self.value[key], f"{self.place}: {key}") if key in self.value else None

    def items(self) -> "Iterator[_Node]":
        if not isinstance(self.value, list):
            raise _FaultError(f"{self.place} must be a list")
        return (_Node(value, f"{self.place}[{index}]") for index, value in enumerate(self.value))

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise _FaultError(f"{self.place} must be text")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise _FaultError(f"{self.place} must be true or false")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise _FaultError(f"{self.place} must be a number")
        return float(self.value)

    def count(self) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise _FaultError(f"{self.place} must be a whole number")
        return self.value

    def optional_number(self) -> float | None:
        return None if self.value is None else self.number()

    def number_or_never(self) -> float:
        """Give a number; null is infinity: what it is about never ended."""
        return math.inf if self.value is None else self.number()

    def one_of(self, words: tuple[Any, ...]) -> Any:
        if self.value not in words:
            raise _FaultError(f"{self.place} must be one of {', '.join(words)}")
        return self.value

    def mapping(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise _FaultError(f"{self.place} must be an object")
        return self.value

    def words(self, key: str) -> str:
        """Give text or a number as text; empty where there is neither."""
        node = self.get(key)
        return "" if node is None or node.value is None else str(node.value)

    def text_or_empty(self, key: str) -> str:
        node = self.get(key)
        return "" if node is None or node.value is None else node.text()

    def each(self, key: str, parse: Callable[["_Node"], _T]) -> tuple[_T, ...]:
        """Parse each item of a list that may be absent."""
        node = self.get(key)
        return () if node is None or node.value is None else tuple(parse(item) for item in node.items())


def _results(root: _Node) -> Results:
    duration = root.get("duration_s")
    confidence = root.get("confidence")
    charts, errors = root.get("charts") or _Node({}, "charts"), root.get("errors")
    for key in ("variants", "validity", "kpis", "comparisons"):
        root[key]
    variants = root.each("variants", _variant)
    main, others = _split(root, variants)
    return Results(
        run_id=root["run_id"].text(),
        experiment=root["experiment"].text(),
        title=root.text_or_empty("title") or root["experiment"].text(),
        seed=root["seed"].count(),
        started_at=root.text_or_empty("started_at"),
        duration_s=duration.optional_number() if duration else None,
        outcome=root["outcome"].one_of(get_args(Outcome)),
        reason=root["reason"].text(),
        confidence=confidence.number() if confidence else 0.95,
        variants=variants,
        validity=root.each("validity", _check),
        kpis=root.each("kpis", _kpi),
        comparisons=main,
        rounds=root.each("rounds", _round),
        distributions=charts.each("ecdf", _distribution),
        over_time=charts.each("over_time", _time_series),
        shifts=charts.each("shift", _shift),
        heat_maps=charts.each("heat", _heat_map),
        resources=charts.each("resources", _resource_line),
        runtime_lines=charts.each("runtime", _runtime_line),
        runtime={variant: _variant_runtime(node) for variant, node in _nodes(root.get("runtime"))},
        errors=errors.each("groups", _error_group) if errors else None,
        error_group_count=errors["group_count"].count() if errors else 0,
        queries=_queries(root.get("queries")),
        layers={variant: _variant_layers(node) for variant, node in _nodes(root.get("layers"))},
        external_calls={
            variant: tuple(_external_calls(one) for one in node.items())
            for variant, node in _nodes(root.get("external_calls"))
        },
        gap=root.text_or_empty("gap"),
        environment=root["environment"].mapping(),
        capacity=_capacity(root.get("capacity")),
        memory=_memory(root.get("memory")),
        faults=_faults(root.get("faults"), variants),
        other_comparisons=others,
    )


def _split(
    root: _Node, variants: tuple[Variant, ...]
) -> tuple[tuple[Comparison, ...], tuple[Comparison, ...]]:
    """Part the main pair's comparisons from the others; those that name no variants are the main pair's."""
    first, last = (variants[0].id, variants[-1].id) if variants else ("", "")
    compared = root.each("comparisons", lambda node: _comparison(node, first, last))
    is_main = [(one.baseline, one.variant) == (first, last) for one in compared]
    return (
        tuple(one for one, main in zip(compared, is_main, strict=True) if main),
        tuple(one for one, main in zip(compared, is_main, strict=True) if not main),
    )


def _estimate(parent: _Node, key: str) -> Estimate | None:
    node = parent.get(key)
    if node is None or node.value is None:
        return None
    return Estimate(
        value=node["value"].number_or_never(),
        low=node["low"].number_or_never(),
        high=node["high"].number_or_never(),
        unit=node["unit"].text(),
        sample_count=node["sample_count"].count(),
    )


def _kpi(node: _Node) -> Kpi:
    blocking = node.get("blocking")
    return Kpi(
        id=node["id"].text(),
        title=node.text_or_empty("title") or node["id"].text(),
        why=node.text_or_empty("why"),
        metric=node.text_or_empty("metric"),
        stat=node.text_or_empty("stat"),
        endpoint=node.text_or_empty("endpoint") or ALL_ENDPOINTS,
        is_blocking=blocking.flag() if blocking else True,
        outcome=node["outcome"].one_of(get_args(Outcome)),
        reason=node["reason"].text(),
        before=_estimate(node, "before"),
        after=_estimate(node, "after"),
        change=_estimate(node, "change"),
        targets=node.each("targets", _Node.text),
        warn=node.each("warn", _Node.text),
        decide_on=node.text_or_empty("decide_on") or "ci",
        claim=_claim(node.get("claim")),
        owner=node.text_or_empty("owner"),
        line=line.count() if (line := node.get("line")) else 0,
        phase=node.text_or_empty("phase"),
    )


def _claim(node: _Node | None) -> Claim | None:
    if node is None or node.value is None:
        return None
    return Claim(**{name: node.text_or_empty(name) for name in ("before", "after", "improvement")})


def _comparison(node: _Node, first: str, last: str) -> Comparison:
    return Comparison(
        endpoint=node["endpoint"].text(),
        metric=node["metric"].text(),
        stat=node["stat"].text(),
        before=_estimate(node, "before"),
        after=_estimate(node, "after"),
        change=_estimate(node, "change"),
        before_count=node["before_count"].count(),
        after_count=node["after_count"].count(),
        reason=node.text_or_empty("reason"),
        baseline=node.text_or_empty("baseline") or first,
        variant=node.text_or_empty("variant") or last,
        phase=node.text_or_empty("phase"),
    )


def _variant(node: _Node) -> Variant:
    requests, failed = node.get("request_count"), node.get("failed_count")
    return Variant(
        id=node["id"].text(),
        title=node.text_or_empty("title") or node["id"].text(),
        request_count=requests.count() if requests else 0,
        failed_count=failed.count() if failed else 0,
        memory_uss=_estimate(node, "memory_uss"),
        cpu_time=_estimate(node, "cpu_time"),
        requests_per_core=_estimate(node, "requests_per_core"),
    )


def _check(node: _Node) -> Check:
    value, limit = node.get("value"), node.get("limit")
    return Check(
        id=node["id"].text(),
        ok=node["ok"].flag(),
        value=value.optional_number() if value else None,
        limit=limit.optional_number() if limit else None,
        detail=node.text_or_empty("detail"),
    )


def _round(node: _Node) -> Round:
    counts = node["request_count"]
    return Round(
        index=node["index"].count(),
        places=node.each("places", _Node.text),
        slice_count=node["slice_count"].count(),
        request_counts={key: counts[key].count() for key in counts.mapping()},
    )


def _curve(node: _Node) -> Curve:
    sample_count, resolvable = node.get("sample_count"), node.get("resolvable_share")
    curve = Curve(
        xs_ms=node.each("x_ms", _Node.number),
        shares=node.each("share", _Node.number),
        sample_count=sample_count.count() if sample_count else 0,
        resolvable_share=resolvable.number() if resolvable else 0.0,
    )
    if len(curve.xs_ms) != len(curve.shares):
        raise _FaultError(f"{node.place} has {len(curve.xs_ms)} x_ms for {len(curve.shares)} shares")
    return curve


def _distribution(node: _Node) -> Distribution:
    empty = Curve(xs_ms=(), shares=())
    before, after = node.get("before"), node.get("after")
    return Distribution(
        endpoint=node["endpoint"].text(),
        metric=node["metric"].text(),
        before=_curve(before) if before and before.value is not None else empty,
        after=_curve(after) if after and after.value is not None else empty,
    )


def _time_series(node: _Node) -> TimeSeries:
    series = TimeSeries(
        variant=node["variant"].text(),
        round_index=node["round"].count(),
        at_s=node.each("at_s", _Node.number),
        p50_ms=node.each("p50_ms", _Node.optional_number),
        p95_ms=node.each("p95_ms", _Node.optional_number),
        request_counts=node.each("request_count", _Node.count),
        p99_ms=node.each("p99_ms", _Node.optional_number),
        failed_counts=node.each("failed_count", _Node.count),
        lengths_s=node.each("length_s", _Node.number),
        in_flight=node.each("in_flight", _Node.number),
    )
    lengths = {len(series.at_s), len(series.p50_ms), len(series.p95_ms), len(series.request_counts)}
    newer = (series.p99_ms, series.failed_counts, series.lengths_s, series.in_flight)
    lengths |= {len(column) for column in newer if column}
    if len(lengths) != 1:
        raise _FaultError(f"{node.place} has columns of different lengths")
    return series


def _shift(node: _Node) -> Shift:
    return Shift(
        endpoint=node["endpoint"].text(),
        metric=node["metric"].text(),
        is_simultaneous=node["is_simultaneous"].flag(),
        points=node.each("points", _shift_point),
    )


def _shift_point(node: _Node) -> ShiftPoint:
    share, value, low, high = (node[key].number() for key in ("share", "value", "low", "high"))
    return ShiftPoint(share=share, value=value, low=low, high=high)


def _heat_map(node: _Node) -> HeatMap:
    heat = HeatMap(
        endpoint=node["endpoint"].text(),
        variant=node["variant"].text(),
        edges_s=node.each("edges_s", _Node.number),
        edges_ms=node.each("edges_ms", _Node.number),
        counts=node.each("counts", lambda row: tuple(cell.count() for cell in row.items())),
    )
    shape = {(len(heat.edges_s) - 1, len(heat.edges_ms) - 1)}
    if heat.counts and {(len(heat.counts), len(row)) for row in heat.counts} != shape:
        raise _FaultError(f"{node.place} has counts that do not fit its edges")
    return heat


def _resource_line(node: _Node) -> ResourceLine:
    line = ResourceLine(
        variant=node["variant"].text(),
        round_index=node["round"].count(),
        at_s=node.each("at_s", _Node.number),
        uss_mib=node.each("uss_mib", _Node.optional_number),
        cpu_cores=node.each("cpu_cores", _Node.optional_number),
    )
    if len({len(line.at_s), len(line.uss_mib), len(line.cpu_cores)}) != 1:
        raise _FaultError(f"{node.place} has columns of different lengths")
    return line


def _runtime_line(node: _Node) -> RuntimeLine:
    line = RuntimeLine(
        variant=node["variant"].text(),
        round_index=node["round"].count(),
        at_s=node.each("at_s", _Node.number),
        lag_ms=node.each("lag_ms", _Node.number),
        pause_ms=node.each("pause_ms", _Node.number),
    )
    if len({len(line.at_s), len(line.lag_ms), len(line.pause_ms)}) != 1:
        raise _FaultError(f"{node.place} has columns of different lengths")
    return line


def _variant_runtime(node: _Node) -> VariantRuntime:
    return VariantRuntime(
        lag_p95_ms=_estimate(node, "lag_p95_ms"),
        longest_lag_ms=node["longest_lag_ms"].optional_number(),
        collections_per_1000=node["collections_per_1000"].optional_number(),
        pause_per_request_ms=_estimate(node, "pause_per_request_ms"),
        longest_pause_ms=node["longest_pause_ms"].optional_number(),
        reason=node["reason"].text(),
    )


def _error_group(node: _Node) -> ErrorGroup:
    return ErrorGroup(
        variant=node["variant"].text(),
        endpoint=node["endpoint"].text(),
        status=int(node["status"].number()),
        message=node["message"].text(),
        count=node["count"].count(),
    )


def _statement(node: _Node) -> Statement:
    per_request, repeated = node.get("calls_per_request"), node.get("looks_repeated")
    return Statement(
        query=node["query"].text(),
        calls=node["calls"].count(),
        total_ms=node["total_ms"].number(),
        calls_per_request=per_request.optional_number() if per_request else None,
        looks_repeated=repeated.flag() if repeated else False,
        plan=node.text_or_empty("plan"),
    )


def _nodes(node: _Node | None) -> "Iterator[tuple[str, _Node]]":
    """Yield name and content of an object that may be absent."""
    if node is not None and node.value is not None:
        for name in node.mapping():
            yield name, node[name]


def _variant_layers(node: _Node) -> VariantLayers:
    return VariantLayers(layers=node.each("layers", _layer_times), reason=node["reason"].text())


def _layer_times(node: _Node) -> LayerTimes:
    return LayerTimes(
        name=node["name"].text(),
        calls_per_request=node["calls_per_request"].optional_number(),
        per_request_ms=_estimate(node, "per_request_ms"),
        p50_ms=_estimate(node, "p50_ms"),
        p95_ms=_estimate(node, "p95_ms"),
        p99_ms=_estimate(node, "p99_ms"),
    )


def _external_calls(node: _Node) -> ExternalCalls:
    return ExternalCalls(
        services=node["services"].text(),
        request_count=node["request_count"].count(),
        call_count=node["call_count"].count(),
        total_ms=node["total_ms"].number(),
    )


def _faults(node: _Node | None, variants: tuple[Variant, ...]) -> Faults | None:
    if node is None or node.value is None:
        return None
    first, last = (variants[0].id, variants[-1].id) if variants else ("", "")
    faults = tuple(node["faults"].items())
    compared = node.each("comparisons", lambda one: _comparison(one, first, last))
    return Faults(
        good_within_ms=node["good_within_ms"].number(),
        recovery_share=node["recovery_share"].number(),
        recovery_window_s=node["recovery_window_s"].number(),
        recovery_step_s=node["recovery_step_s"].number(),
        refused_statuses=node.each("refused_statuses", _Node.count),
        refused_within_ms=node["refused_within_ms"].number(),
        titles={one["id"].text(): one["title"].text() for one in faults},
        actions={one["id"].text(): one["action"].text() for one in faults},
        groups=node.each("groups", lambda one: one["name"].text()),
        phases={one["id"].text(): one["title"].text() for one in node["phases"].items()},
        variants=node.each("variants", _variant_faults),
        recoveries=node.each("rounds", _recovery),
        comparisons=tuple(one for one in compared if (one.baseline, one.variant) == (first, last)),
    )


def _variant_faults(node: _Node) -> VariantFaults:
    seconds = node["seconds"]
    columns = VariantFaults(
        id=node["id"].text(),
        slice_count=node["slice_count"].count(),
        marks=node.each("marks", _fault_mark),
        at_s=seconds.each("at_s", _Node.number),
        asked=seconds.each("asked", _Node.number),
        good=seconds.each("good", _Node.number),
        slow=seconds.each("slow", _Node.number),
        refused=seconds.each("refused", _Node.number),
        failed=seconds.each("failed", _Node.number),
        p50_ms=seconds.each("p50_ms", _Node.optional_number),
        p95_ms=seconds.each("p95_ms", _Node.optional_number),
        in_flight=seconds.each("in_flight", _Node.number),
    )
    lengths = {len(seconds[name].value) for name in seconds.mapping()}
    if len(lengths) != 1:
        raise _FaultError(f"{seconds.place} has columns of different lengths")
    return columns


def _fault_mark(node: _Node) -> FaultMark:
    return FaultMark(
        fault=node["fault"].text(), start_s=node["start_s"].number(), end_s=node["end_s"].number()
    )


def _recovery(node: _Node) -> FaultRecovery:
    return FaultRecovery(
        round_index=node["round"].count(),
        variant=node["variant"].text(),
        fault=node["fault"].text(),
        seconds=node["recovery_s"].number_or_never() if node["is_known"].flag() else None,
    )


def _capacity(node: _Node | None) -> Capacity | None:
    if node is None:
        return None
    return Capacity(
        slo=node["slo"].text(),
        stat=node["stat"].text(),
        limit_ms=node["limit_ms"].number(),
        variants=node.each("variants", _variant_capacity),
        change=_estimate(node, "change"),
        server_cores=cores.count()
        if (cores := node.get("server_cores")) and cores.value is not None
        else None,
    )


def _variant_capacity(node: _Node) -> VariantCapacity:
    law = node["usl"]
    return VariantCapacity(
        id=node["id"].text(),
        capacity=_estimate(node, "capacity"),
        at_least=node["at_least"].optional_number(),
        reason=node["reason"].text(),
        requests_per_core=_estimate(node, "requests_per_core"),
        brackets=node.each("rounds", _bracket),
        failed_share=_failed_share(node["errors"]),
        curve=node.each("curve", _capacity_point),
        latency_knee=node["latency_knee"].optional_number(),
        law=None if law.value is None else _law(law),
        law_reason=node["usl_reason"].text(),
    )


def _bracket(node: _Node) -> tuple[int, float | None, float | None, str]:
    low, high = node["low"].optional_number(), node["high"].optional_number()
    return node["round"].count(), low, high, node["end"].text()


def _failed_share(node: _Node) -> Estimate | None:
    if node.value is None:
        return None
    share = node["share"].number()
    return Estimate(
        value=share, low=0.0, high=node["high"].number(), unit="%", sample_count=node["request_count"].count()
    )


def _capacity_point(node: _Node) -> CapacityPoint:
    return CapacityPoint(
        rate=node["rate"].number(),
        throughput=node["throughput"].number(),
        concurrency=node["concurrency"].number(),
        latency_ms=node["latency_ms"].optional_number(),
        request_count=node["request_count"].count(),
        failed_count=node["failed_count"].count(),
        verdicts=node.each("verdicts", _Node.text),
    )


def _law(node: _Node) -> ScalabilityLaw:
    return ScalabilityLaw(
        rate=_estimate(node, "rate"),
        sigma=_estimate(node, "sigma"),
        kappa=_estimate(node, "kappa"),
        knee=_estimate(node, "knee"),
        peak=_estimate(node, "peak"),
        band=node.each("band", _band_point),
    )


def _band_point(node: _Node) -> tuple[float, float, float, float]:
    return (
        node["concurrency"].number(),
        node["throughput"].number(),
        node["low"].number(),
        node["high"].number(),
    )


def _memory(node: _Node | None) -> Memory | None:
    if node is None:
        return None
    return Memory(
        repeats=node["repeats"].count(),
        requests=node["requests"].count(),
        tolerance=node["tolerance"].number(),
        state=node["state"].text(),
        reason=node["reason"].text(),
        ruler=node["ruler"].text(),
        added=_estimate(node, "added"),
        variants=node.each("variants", _variant_memory),
    )


def _variant_memory(node: _Node) -> VariantMemory:
    return VariantMemory(
        id=node["id"].text(),
        source=node["source"].text(),
        state=node["state"].text(),
        reason=node["reason"].text(),
        request_count=node["request_count"].count(),
        slope=_estimate(node, "live_heap_slope"),
        uss_slope=_estimate(node, "uss_slope"),
        fd_slope=_estimate(node, "fd_slope"),
        thread_slope=_estimate(node, "thread_slope"),
        notes=node.each("notes", _Node.text),
        sites=node.each("sites", _site),
        containers=node.each("containers", _container),
    )


def _site(node: _Node) -> tuple[str, float, float]:
    return node["place"].text(), node["bytes_per_request"].number(), node["blocks_per_request"].number()


def _container(node: _Node) -> tuple[str, str, float]:
    return node["name"].text(), node["type"].text(), node["entries_per_request"].number()


def _queries(node: _Node | None) -> dict[str, tuple[Statement, ...]]:
    if node is None or node.value is None:
        return {}
    return {variant: node.each(variant, _statement) for variant in node.mapping()}
