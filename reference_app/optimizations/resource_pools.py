"""Connections and HTTP sessions lent in turn, for a limited wait, by a manager that knows who holds what."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.scalability.pooling import ManagedPooling


def _install(components: Components) -> Components:
    return replace(components, pooling=ManagedPooling)


RESOURCE_POOLS = Optimization(
    id="resource_pools",
    phase="p4",
    hypothesis="Nobody waits for ever for a connection, and who keeps one is known.",
    metric="response_time",
    adr="docs/adr/0025-breakers-and-pools.md",
    install=_install,
)
