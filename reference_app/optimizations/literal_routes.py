"""Literal prefixes and no duplicates, in place of routes whose first segment is a variable."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.web.mounts import literal_mounts


def _install(components: Components) -> Components:
    return replace(components, mounts=literal_mounts)


LITERAL_ROUTES = Optimization(
    id="literal_routes",
    phase="p6",
    hypothesis="A route is looked up by its prefix; hundreds of patterns are not tried one after the other.",
    metric="service_time",
    adr="docs/adr/0010-where-the-time-goes.md",
    install=_install,
)
