"""A leak is noticed by its slope while it serves, not by the day on which the memory ends."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.memory.monitoring_service import MemoryMonitoringService
from reference_app.optimizations.optimization import Optimization


def _install(components: Components) -> Components:
    return replace(components, memory_monitoring=MemoryMonitoringService)


MEMORY_MONITORING = Optimization(
    id="memory_monitoring",
    phase="p4",
    hypothesis="Nobody waits for a server that ran out of memory: growth is told hours before.",
    metric="memory_uss",
    adr="docs/adr/0024-memory-while-it-serves.md",
    install=_install,
)
