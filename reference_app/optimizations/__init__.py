"""Every optimization, in rollout order. To add one: a file beside this one, a line in `ALL`, a test."""

from reference_app.optimizations.adaptive_rate_limits import ADAPTIVE_RATE_LIMITS
from reference_app.optimizations.booking_lock import BOOKING_LOCK
from reference_app.optimizations.circuit_breakers import CIRCUIT_BREAKERS
from reference_app.optimizations.connection_pool import CONNECTION_POOL
from reference_app.optimizations.consolidated_middleware import CONSOLIDATED_MIDDLEWARE
from reference_app.optimizations.garbage_collection import GARBAGE_COLLECTION
from reference_app.optimizations.gcra_rate_limits import GCRA_RATE_LIMITS
from reference_app.optimizations.indexes import INDEXES
from reference_app.optimizations.literal_routes import LITERAL_ROUTES
from reference_app.optimizations.memory_monitoring import MEMORY_MONITORING
from reference_app.optimizations.msgspec_json import MSGSPEC_JSON
from reference_app.optimizations.no_access_log import NO_ACCESS_LOG
from reference_app.optimizations.optimization import Optimization
from reference_app.optimizations.optimized_services import OPTIMIZED_SERVICES
from reference_app.optimizations.orchestrator import ORCHESTRATOR
from reference_app.optimizations.request_throttler import REQUEST_THROTTLER
from reference_app.optimizations.resource_pools import RESOURCE_POOLS
from reference_app.optimizations.response_cache import RESPONSE_CACHE
from reference_app.optimizations.set_based_sql import SET_BASED_SQL
from reference_app.optimizations.uvloop import UVLOOP
from reference_app.optimizations.version_one_ends import VERSION_ONE_ENDS

ALL: tuple[Optimization, ...] = (
    INDEXES,
    SET_BASED_SQL,
    BOOKING_LOCK,
    OPTIMIZED_SERVICES,
    CONSOLIDATED_MIDDLEWARE,
    GCRA_RATE_LIMITS,
    RESPONSE_CACHE,
    ORCHESTRATOR,
    GARBAGE_COLLECTION,
    MEMORY_MONITORING,
    CIRCUIT_BREAKERS,
    RESOURCE_POOLS,
    ADAPTIVE_RATE_LIMITS,
    REQUEST_THROTTLER,
    CONNECTION_POOL,
    UVLOOP,
    MSGSPEC_JSON,
    NO_ACCESS_LOG,
    LITERAL_ROUTES,
    VERSION_ONE_ENDS,
)
