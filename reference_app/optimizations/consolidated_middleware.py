"""Two layers that do the duties of eleven, in front of those for rate limits and for kept answers."""

from dataclasses import replace

from reference_app.components import Components, LayerParts
from reference_app.middleware.consolidated_auth import ConsolidatedAuthMiddleware
from reference_app.middleware.consolidated_security import ConsolidatedSecurityMiddleware
from reference_app.middleware.layer import Layer
from reference_app.optimizations.optimization import Optimization


def _layers(parts: LayerParts, rate_limits: Layer, cache: Layer) -> tuple[Layer, ...]:
    return ConsolidatedSecurityMiddleware(parts), ConsolidatedAuthMiddleware(parts), rate_limits, cache


def _install(components: Components) -> Components:
    return replace(components, layers=_layers)


CONSOLIDATED_MIDDLEWARE = Optimization(
    id="consolidated_middleware",
    phase="p3",
    hypothesis="Each check is made once: one decoded token, one parsed body, one statement for the caller.",
    metric="middleware_time",
    adr="docs/adr/0018-four-layers.md",
    install=_install,
)
