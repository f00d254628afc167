"""What the start made is frozen, and young objects are looked at as seldom as a short pause allows."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.memory.garbage_collection import GarbageCollectionOptimizer
from reference_app.optimizations.optimization import Optimization


def _install(components: Components) -> Components:
    return replace(components, garbage_collection=GarbageCollectionOptimizer)


GARBAGE_COLLECTION = Optimization(
    id="garbage_collection",
    phase="p4",
    hypothesis="No request waits while the collector looks at objects that live as long as the server.",
    metric="service_time",
    adr="docs/adr/0024-memory-while-it-serves.md",
    install=_install,
)
