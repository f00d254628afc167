"""A dozen services, made when they are first called, in place of two hundred made at the start."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.services.optimized_registry import make_registry


def _install(components: Components) -> Components:
    return replace(components, services=make_registry)


OPTIMIZED_SERVICES = Optimization(
    id="optimized_services",
    phase="p2",
    hypothesis="No request passes through families of services that fetch again what it has.",
    metric="query_count",
    adr="docs/adr/0014-services-made-when-called.md",
    install=_install,
)
