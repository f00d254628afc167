"""Fault, FaultTimeline, FaultMark: what is broken on purpose within a slice, and when it really was."""

from dataclasses import dataclass
from typing import Literal

QUIET = "quiet"
"""The phase of a slice before its first fault."""

RECOVERY = "recovery"
"""The phase after a fault with nothing broken: from its end to the next fault, or to the end of the load."""

SETTLED = "/settled"
"""Behind a fault's id: the part of its phase that comes after the time it is given to settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetService:
    """Tell another server how to behave, by PUT with JSON: a stub of another company, a faulty proxy."""

    path: str
    start: dict[str, object]
    """Body that breaks it."""
    undo: dict[str, object]
    """Body that mends it."""
    companion: str = ""
    """Name of the variant's companion that is told; or else `url`."""
    url: str = ""
    kind: Literal["external"] = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class KillInstance:
    """Kill -9 one process of the variant's server, and start nothing that its own balancer starts."""

    status_path: str = ""
    """Answers JSON with `instances`, each with its `pid`. Empty, or answered 4xx: the server is one process,
    which is killed, and started again at the end of the fault."""
    kind: Literal["kill_instance"] = "kill_instance"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartDatabase:
    """Stop the embedded PostgreSQL at once, without a farewell, and start it again at the fault's end."""

    kind: Literal["restart_database"] = "restart_database"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCompanion:
    """Kill -9 a companion of the variant's server, and start it again, empty, at the fault's end."""

    companion: str
    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """Ask for so many times the rate of the load; the schedule holds it, nobody need do anything."""

    times: float
    kind: Literal["overload"] = "overload"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """Run the user's own commands: one that breaks something, one that mends it."""

    start: tuple[str, ...]
    undo: tuple[str, ...]
    timeout_s: float = 10.0
    """Of each."""
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgram:
    """Run a program for as long as the fault lasts: an abuser, something that takes the memory."""

    command: tuple[str, ...]
    kind: Literal["program"] = "program"


FaultAction = SetService | KillInstance | RestartDatabase | StopCompanion | Overload | RunCommand | RunProgram

ACTION_BY_KIND: dict[str, type[FaultAction]] = {
    "external": SetService,
    "kill_instance": KillInstance,
    "restart_database": RestartDatabase,
    "stop": StopCompanion,
    "overload": Overload,
    "command": RunCommand,
    "program": RunProgram,
}
"""What can be done to a backend, by the key that an experiment file has for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is broken for a while."""

    id: str
    title: str
    at_s: float
    """Seconds after the slice's start."""
    for_s: float
    """Seconds until it is undone."""
    action: FaultAction
    settle_s: float = 0.0
    """Seconds that the backend may take to notice; see SETTLED."""

    @property
    def end_s(self) -> float:
        """Seconds after the slice's start at which its undo begins."""
        return self.at_s + self.for_s


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointGroup:
    """Endpoints that are looked at together, `needs payments` for one."""

    name: str
    patterns: tuple[str, ...]
    """`POST /payments*`: * stands for anything; `!POST /payments*` takes out. Only such that take out: all
    the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTimeline:
    """What is broken in each slice that counts, in order of time, and how its effects are looked at."""

    faults: tuple[Fault, ...]
    good_within_ms: float
    """A good answer is a right one whose response time is at most so long."""
    recovery_share: float = 90.0
    """Percent of the quiet phase's share of good answers that must be back."""
    recovery_window_s: float = 1.0
    refused_statuses: tuple[int, ...] = (429, 503)
    refused_within_ms: float = 50.0
    """A refusal that takes longer is a slow one."""
    groups: tuple[EndpointGroup, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultMark:
    """When one fault of one slice really began and ended, nanoseconds of the samples' clock."""

    fault: str
    """Its id."""
    started_ns: int
    """Right before it was injected."""
    ended_ns: int
    """When its undo was done: what was broken works again."""
    error: str = ""
    """Why it could not be injected or undone; the slice is then invalid. Empty where all went well."""
