"""A fixed pool of open connections, in place of a new one for each use."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.settings import Settings
from reference_app.storage.connections import PooledConnections


def _connections(settings: Settings) -> PooledConnections:
    return PooledConnections(settings.database_url, settings.pool_size)


def _install(components: Components) -> Components:
    return replace(components, connections=_connections)


CONNECTION_POOL = Optimization(
    id="connection_pool",
    phase="p5",
    hypothesis="No request waits for a server process to start, and statements stay prepared.",
    metric="db_time",
    adr="docs/adr/0016-runtime-optimizations.md",
    install=_install,
)
