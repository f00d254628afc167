"""Kpi, Target, Verdict and Check: the claims, and what became of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from harness.errors import ExitCode
from harness.model.measurement import Comparison


class Outcome(StrEnum):
    """The six ways in which a KPI or a run can end."""

    PASSED = "passed"
    WARNED = "warned"
    """A target is not proven, but its looser warning limit is."""
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NO_DATA = "no_data"
    """What should be judged was never measured."""
    INVALID = "invalid"

    @property
    def words(self) -> str:
        """As people write it: `no data`."""
        return self.value.replace("_", " ")

    @property
    def exit_code(self) -> ExitCode:
        """The process's exit code when a run ends so."""
        return {
            Outcome.PASSED: ExitCode.PASSED,
            Outcome.WARNED: ExitCode.PASSED,
            Outcome.FAILED: ExitCode.KPI_MISSED,
            Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
            Outcome.NO_DATA: ExitCode.INCONCLUSIVE,
            Outcome.INVALID: ExitCode.INVALID,
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One line that must hold: `<= 400 ms` of after itself, `change <= -60 %` of after against before."""

    text: str
    """As written in the KPI file."""
    is_change: bool
    operator: str
    """`<=`, `<`, `>=` or `>`."""
    value: float
    unit: str

    def is_behind(self, other: "Target") -> bool:
        """Tell whether it is about the same number as `other` and bounds it on the same side."""
        return (self.is_change, self.operator[0]) == (other.is_change, other.operator[0])

    def is_looser_than(self, other: "Target") -> bool:
        """Tell whether it lets more pass than `other`, which it must be behind."""
        return self.value > other.value if self.operator[0] == "<" else self.value < other.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody said about a KPI before anything was measured, in their own words."""

    before: str = ""
    after: str = ""
    improvement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A claim with its targets; all of them must hold."""

    id: str
    """Stable: JUnit name, HTML anchor, badge."""
    title: str
    why: str
    metric: str
    stat: str
    endpoint: str
    targets: tuple[Target, ...]
    is_blocking: bool
    """An advisory KPI is judged and shown and decides nothing."""
    warn: tuple[Target, ...] = ()
    """Looser than the targets of their kind: what keeps these is a warning, not a failure."""
    decide_on: Literal["ci", "point"] = "ci"
    """`ci`: the whole interval must lie on one side. `point`: the estimate alone decides."""
    claim: Claim | None = None
    owner: str = ""
    """Whom to ask."""
    line: int = 0
    """Where it stands in the KPI file, from 1; 0 where there is no file."""
    on_inconclusive: Literal["inconclusive", "failed"] = "inconclusive"
    on_missing_baseline: Literal["no_data", "warned"] = "no_data"
    """Without any data of before: `no_data`, or judge the other targets and warn at best."""
    min_requests: int = 0
    """Fewer requests on a side decide nothing."""
    phase: str = ""
    """Of a slice with faults; empty: of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An outcome and its reason in one sentence."""

    outcome: Outcome
    reason: str
    more_rounds: float = 0.0
    """Of what is undecided: so many rounds more would decide it; infinite where none can be promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiVerdict:
    """What became of one KPI."""

    kpi: Kpi
    verdict: Verdict
    comparison: Comparison | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition that a valid measurement must meet, with what was seen and its limit."""

    id: str
    ok: bool
    value: float
    limit: float
    detail: str
    """One sentence: what was seen, and what to do if it is not ok."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorseGuard:
    """Something that no KPI claims and that got worse beyond doubt and beyond what is tolerated."""

    endpoint: str
    metric: str
    stat: str
    tolerance: float
    unit: str
    """`%` of before, or `points`: percentage points of a share."""
    p: float
    """Family-wise: that any guard of two equal builds looks so bad."""
    reason: str
    """One sentence with its numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What was watched over beside the KPIs, all of it together at one error rate."""

    count: int
    """Of statistics that all rounds know."""
    error_rate: float
    tolerances: dict[str, float]
    """By metric."""
    worse: tuple[WorseGuard, ...]
    """The surest first; none of them is good news."""
