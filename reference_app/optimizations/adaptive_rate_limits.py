"""Quotas that shrink under pressure, and callers who are over theirs refused at the door."""

import time
from dataclasses import replace

from reference_app.components import Components
from reference_app.middleware.request_counts import Limiter
from reference_app.optimizations.optimization import Optimization
from reference_app.scalability.rate_limiter import AdvancedRateLimiter


def _limiter() -> Limiter:
    return AdvancedRateLimiter(time.monotonic)


def _install(components: Components) -> Components:
    return replace(components, limiter=_limiter)


ADAPTIVE_RATE_LIMITS = Optimization(
    id="adaptive_rate_limits",
    phase="p4",
    hypothesis="Who asks fifty times more than allowed costs the others nothing.",
    metric="response_time",
    adr="docs/adr/0027-a-door-in-front.md",
    install=_install,
)
