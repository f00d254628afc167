"""Requests counted in memory, one moment for each caller, in place of rows of a table that nobody clears."""

from dataclasses import replace

from reference_app.components import Components, LayerParts
from reference_app.middleware.layer import Layer
from reference_app.middleware.optimized_rate_limiting import OptimizedRateLimitingMiddleware
from reference_app.middleware.shared_counts import SharedCounts
from reference_app.optimizations.optimization import Optimization


def _rate_limits(parts: LayerParts) -> Layer:
    return OptimizedRateLimitingMiddleware(parts, SharedCounts(parts.link))


def _install(components: Components) -> Components:
    return replace(components, rate_limits=_rate_limits)


GCRA_RATE_LIMITS = Optimization(
    id="gcra_rate_limits",
    phase="p3",
    hypothesis="Counting a request costs microseconds, no connection, and no more with each minute.",
    metric="middleware_time",
    adr="docs/adr/0018-four-layers.md",
    install=_install,
)
