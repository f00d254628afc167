"""BEFORE: the parts that the optimizations start from."""

from reference_app.components import Components
from reference_app.legacy.availability import BarberByBarberAvailability
from reference_app.legacy.bookings import StepByStepBookings
from reference_app.legacy.clients import ReadEverybodyClients
from reference_app.legacy.directory import LocationByLocationDirectory
from reference_app.legacy.histories import VisitByVisitHistory
from reference_app.legacy.location_days import EntryByEntryLocationDay
from reference_app.legacy.middleware.authentication import Authentication
from reference_app.legacy.middleware.request_audit import RequestAudit
from reference_app.legacy.middleware.request_validation import RequestValidation
from reference_app.legacy.next_slots import DayByDayNextSlot
from reference_app.legacy.places import FromDirectoryPlaces
from reference_app.legacy.revenue import RowByRowRevenue
from reference_app.storage.booking_locks import NoBookingLock
from reference_app.storage.connections import ConnectionPerUse

BEFORE = Components(
    migrations=(),
    connections=lambda settings: ConnectionPerUse(settings.database_url),
    layers=(
        lambda parts: RequestAudit(parts.users),
        lambda _: RequestValidation(),
        lambda parts: Authentication(parts.accounts),
    ),
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
)
