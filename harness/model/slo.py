"""Slo: what an answer must be like for a rate to count as held."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyLimit:
    """A quantile of the response time and what it may be."""

    stat: str
    """`p95`."""
    q: float
    """0.95."""
    limit_ms: float
    is_strict: bool
    """`<` in place of `<=`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLimit:
    """The share of requests that may fail, 0 to 1."""

    share: float
    is_strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """A service level objective: all of its limits must hold."""

    text: str
    """As it was written."""
    latency: tuple[LatencyLimit, ...]
    """At least one; the first is the one that curves show."""
    errors: ErrorLimit | None
