"""Layers chosen by what a route needs, once, in place of all of them for every request."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.middleware.orchestrator import orchestrate
from reference_app.optimizations.optimization import Optimization


def _install(components: Components) -> Components:
    return replace(components, arrangement=orchestrate)


ORCHESTRATOR = Optimization(
    id="orchestrator",
    phase="p3",
    hypothesis="No request passes a layer that has nothing to do for it.",
    metric="middleware_time",
    adr="docs/adr/0018-four-layers.md",
    install=_install,
)
