"""BEFORE: the parts that the optimizations start from."""

from asyncio import new_event_loop

from reference_app.caching.changes import NoChanges
from reference_app.components import Components
from reference_app.externals.breakers import NoBreakers
from reference_app.legacy.alias_routes import alias_routes
from reference_app.legacy.analytics import RowByRowAnalytics
from reference_app.legacy.availability import BarberByBarberAvailability
from reference_app.legacy.bookings import StepByStepBookings
from reference_app.legacy.clients import ReadEverybodyClients
from reference_app.legacy.directory import LocationByLocationDirectory
from reference_app.legacy.duties import TableByTableDuties
from reference_app.legacy.histories import VisitByVisitHistory
from reference_app.legacy.location_days import EntryByEntryLocationDay
from reference_app.legacy.middleware.api_rate_limiting import ApiRateLimiting
from reference_app.legacy.middleware.response_cache import ResponseCache
from reference_app.legacy.middleware.stack import thirteen_layers
from reference_app.legacy.next_slots import DayByDayNextSlot
from reference_app.legacy.notifications import MessageByMessageNotifications
from reference_app.legacy.payments import StepByStepPayments
from reference_app.legacy.places import FromDirectoryPlaces
from reference_app.legacy.revenue import RowByRowRevenue
from reference_app.legacy.reviews import ReviewByReviewReviews
from reference_app.legacy.services.locator import ServiceLocator
from reference_app.legacy.version_one import SilentVersionOne
from reference_app.legacy.visits import StepByStepVisits
from reference_app.legacy.waitlist import EntryByEntryWaitlist
from reference_app.memory.garbage_collection import DefaultGarbageCollection
from reference_app.memory.monitoring_service import MemoryOnDemand
from reference_app.monitoring.layer_times import every_layer
from reference_app.scalability.pooling import NoPooling
from reference_app.storage.booking_locks import NoBookingLock
from reference_app.storage.connections import ConnectionPerUse
from reference_app.web.json_codec import StdlibJson

BEFORE = Components(
    migrations=(),
    connections=lambda settings: ConnectionPerUse(settings.database_url),
    pooling=lambda *_: NoPooling(),
    breakers=lambda *_: NoBreakers(),
    event_loop=new_event_loop,
    json=StdlibJson,
    writes_access_log=True,
    layers=thirteen_layers,
    rate_limits=ApiRateLimiting,
    cache=lambda _: ResponseCache(),
    limiter=lambda: None,
    compartments=lambda: None,
    arrangement=every_layer,
    changes=lambda *_: NoChanges(),
    services=ServiceLocator,
    mounts=alias_routes,
    version_one=SilentVersionOne,
    garbage_collection=DefaultGarbageCollection,
    memory_monitoring=MemoryOnDemand,
    directory=LocationByLocationDirectory,
    availability=BarberByBarberAvailability,
    next_slots=DayByDayNextSlot,
    places=FromDirectoryPlaces,
    clients=ReadEverybodyClients,
    histories=VisitByVisitHistory,
    location_days=EntryByEntryLocationDay,
    revenue=RowByRowRevenue,
    bookings=StepByStepBookings,
    booking_lock=NoBookingLock,
    visits=StepByStepVisits,
    payments=StepByStepPayments,
    reviews=ReviewByReviewReviews,
    waitlist=EntryByEntryWaitlist,
    notifications=MessageByMessageNotifications,
    analytics=RowByRowAnalytics,
    duties=TableByTableDuties,
)
