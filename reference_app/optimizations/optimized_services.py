"""Only the services that answer requests, in place of the two hundred that stand around them."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.services.direct_services import DirectServices
from reference_app.services.registry import ServiceRegistry
from reference_app.settings import Settings
from reference_app.storage.connections import Connections
from reference_app.storage.loaded_data import LoadedData


def _services(settings: Settings, connections: Connections, loaded: LoadedData) -> ServiceRegistry:  # noqa: ARG001
    return DirectServices()


def _install(components: Components) -> Components:
    return replace(components, services=_services)


OPTIMIZED_SERVICES = Optimization(
    id="optimized_services",
    phase="p2",
    hypothesis="No request passes through families of services that fetch again what it has.",
    metric="query_count",
    adr="docs/adr/0010-where-the-time-goes.md",
    install=_install,
)
