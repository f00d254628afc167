"""Components: the exchangeable parts of the application. A variant is one choice of them."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from reference_app.caching.changes import Changes
from reference_app.duties.duty import DutyStatements
from reference_app.externals.breakers import Breakers
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.memory.garbage_collection import GarbageCollection
from reference_app.memory.monitoring_service import MemoryMonitoring
from reference_app.middleware.layer import Layer
from reference_app.middleware.needs import DeclaredRoutes
from reference_app.middleware.request_counts import Limiter
from reference_app.monitoring.layer_times import LayerTime
from reference_app.scalability.alerts import Alerts
from reference_app.scalability.compartments import Compartments
from reference_app.scalability.pooling import Pooling
from reference_app.services.accounts import AccountService
from reference_app.services.ports import (
    AnalyticsQuery,
    AvailabilityQuery,
    BookingLock,
    BookingStatements,
    ClientQuery,
    DirectoryQuery,
    HistoryQuery,
    LocationDayQuery,
    NextSlotQuery,
    NotificationStatements,
    PaymentStatements,
    PlaceQuery,
    RevenueQuery,
    ReviewStatements,
    VisitStatements,
    WaitlistStatements,
)
from reference_app.services.registry import ServiceParts, ServiceRegistry
from reference_app.settings import Settings
from reference_app.storage.connections import Connections
from reference_app.storage.redis_link import RedisLink
from reference_app.storage.users import Users
from reference_app.web.json_codec import JsonCodec
from reference_app.web.version_one import VersionOne


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerParts:
    """What a middleware layer may use."""

    settings: Settings
    connections: Connections
    users: Users
    accounts: AccountService
    routes: DeclaredRoutes
    changes: Changes
    link: RedisLink
    limiter: Limiter | None
    """Lowers quotas under pressure and remembers who was refused."""
    caches: BoundedCaches
    """Where a layer says what its bounded caches hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """How each part is made; an optimization answers a copy with some parts replaced."""

    migrations: tuple[str, ...]
    """SQL files that change the database, in order; `data load` applies them."""
    connections: Callable[[Settings], Connections]
    pooling: Callable[[Settings, Alerts], Pooling]
    """Decides how connections and HTTP sessions are lent."""
    breakers: Callable[[Settings, Alerts], Breakers]
    """Stand in front of the external services."""
    event_loop: Callable[[], AbstractEventLoop]
    json: Callable[[], JsonCodec]
    writes_access_log: bool
    """Whether the server writes a line for each request to its standard error."""
    layers: Callable[[LayerParts, Layer, Layer], tuple[Layer, ...]]
    """Middleware, outermost first; puts the layers for rate limits and for kept answers where they belong."""
    rate_limits: Callable[[LayerParts], Layer]
    cache: Callable[[LayerParts], Layer]
    limiter: Callable[[], Limiter | None]
    """What is added to counting requests; None adds nothing."""
    compartments: Callable[[], Compartments | None]
    """Decides how many requests run at once; None lets all of them in."""
    arrangement: Callable[[Sequence[Layer], Sequence[LayerTime], DeclaredRoutes], Sequence[Middleware]]
    """Decides which requests pass which layers."""
    changes: Callable[[Settings, RedisLink], Changes]
    """How writes bring kept answers to an end."""
    services: Callable[[ServiceParts], ServiceRegistry]
    """Makes the registry through which callers reach the services of the domain."""
    mounts: Callable[[Sequence[web.RouteDef]], list[web.RouteDef]]
    """Repeats the routes under every channel and version."""
    version_one: Callable[[], VersionOne]
    """Sees answers of version one off."""
    garbage_collection: Callable[[], GarbageCollection]
    """Chooses when the collector looks at what, and counts what that costs."""
    memory_monitoring: Callable[[BoundedCaches, Alerts, Callable[[], int]], MemoryMonitoring]
    """Looks after what the process holds; is given what counts the requests."""
    directory: Callable[[Connections], DirectoryQuery]
    availability: Callable[[Connections], AvailabilityQuery]
    next_slots: Callable[[Connections], NextSlotQuery]
    places: Callable[[Connections], PlaceQuery]
    clients: Callable[[Connections], ClientQuery]
    histories: Callable[[Connections], HistoryQuery]
    location_days: Callable[[Connections], LocationDayQuery]
    revenue: Callable[[Connections], RevenueQuery]
    bookings: Callable[[], BookingStatements]
    booking_lock: Callable[[], BookingLock]
    visits: Callable[[], VisitStatements]
    payments: Callable[[], PaymentStatements]
    reviews: Callable[[], ReviewStatements]
    waitlist: Callable[[], WaitlistStatements]
    notifications: Callable[[], NotificationStatements]
    analytics: Callable[[Connections], AnalyticsQuery]
    duties: Callable[[], DutyStatements]
