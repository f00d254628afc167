"""`p95 <= 400 ms and errors < 0.1 %` -> Slo."""

import re

from harness.errors import UsageError
from harness.model.slo import ErrorLimit, LatencyLimit, Slo

_HINT = 'It looks like this: --slo "p95 <= 400 ms and errors < 0.1 %"'
_CLAUSE = re.compile(r"(?P<what>[a-z][a-z0-9.]*)\s*(?P<operator>[<>=]+)\s*(?P<value>[0-9.]+)\s*(?P<unit>\S*)")
_MS = {"ms": 1.0, "s": 1e3, "us": 1e-3}
_LEAST_Q, _MOST_Q = 0.5, 0.999


def parse_slo(text: str) -> Slo:
    """Read a service level objective: limits joined by `and` or a comma, one of them on a percentile.

    Raises:
        UsageError: it is none; the message names the part at fault.
    """
    parts = [part.strip() for part in re.split(r"\band\b|,", text.lower())]
    limits = [_limit(part, text) for part in parts]
    latency = tuple(limit for limit in limits if isinstance(limit, LatencyLimit))
    errors = [limit for limit in limits if isinstance(limit, ErrorLimit)]
    if not latency:
        raise UsageError(f"The SLO {text!r} limits no percentile of the response time.", hint=_HINT)
    names = [limit.stat for limit in latency] + ["errors"] * len(errors)
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"The SLO {text!r} limits {name} twice.", hint=_HINT)
    return Slo(text=text.strip(), latency=latency, errors=errors[0] if errors else None)


def _limit(part: str, text: str) -> LatencyLimit | ErrorLimit:
    found = _CLAUSE.fullmatch(part)
    if found is None:
        raise UsageError(f"The SLO {text!r} has a part that is no limit: {part!r}.", hint=_HINT)
    if found["operator"] not in {"<", "<="}:
        raise UsageError(f"In the SLO part {part!r} the operator must be < or <=.", hint=_HINT)
    is_strict = found["operator"] == "<"
    if found["what"] in {"errors", "error_share"}:
        return ErrorLimit(
            share=_number(found["value"], found["unit"], {"%": 0.01}, part), is_strict=is_strict
        )
    if not re.fullmatch(r"p\d+(\.\d+)?", found["what"]):
        raise UsageError(f"In the SLO part {part!r} {found['what']!r} is no percentile.", hint=_HINT)
    q = round(float(found["what"][1:]) / 100, 6)
    if not _LEAST_Q <= q <= _MOST_Q:
        raise UsageError(f"In the SLO part {part!r} the percentile must lie from p50 to p99.9.", hint=_HINT)
    limit_ms = _number(found["value"], found["unit"], _MS, part)
    return LatencyLimit(stat=found["what"], q=q, limit_ms=limit_ms, is_strict=is_strict)


def _number(value: str, unit: str, sizes: dict[str, float], part: str) -> float:
    if unit not in sizes:
        raise UsageError(f"The SLO part {part!r} needs its unit: {', '.join(sizes)}.", hint=_HINT)
    try:
        number = float(value) * sizes[unit]
    except ValueError:
        raise UsageError(f"In the SLO part {part!r} {value!r} is no number.", hint=_HINT) from None
    if number <= 0:
        raise UsageError(f"In the SLO part {part!r} the limit must be above 0.", hint=_HINT)
    return number
