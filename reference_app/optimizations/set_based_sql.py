"""Statements for a whole set of rows, in place of one statement for each row and sums in Python."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.storage.analytics import SetBasedAnalytics
from reference_app.storage.availability import SetBasedAvailability
from reference_app.storage.bookings import SetBasedBookings
from reference_app.storage.clients import SetBasedClients
from reference_app.storage.directory import SetBasedDirectory
from reference_app.storage.duties import SetBasedDuties
from reference_app.storage.histories import SetBasedHistory
from reference_app.storage.location_days import SetBasedLocationDay
from reference_app.storage.next_slots import SetBasedNextSlot
from reference_app.storage.notifications import SetBasedNotifications
from reference_app.storage.payments import SetBasedPayments
from reference_app.storage.places import SetBasedPlaces
from reference_app.storage.revenue import SetBasedRevenue
from reference_app.storage.reviews import SetBasedReviews
from reference_app.storage.visits import SetBasedVisits
from reference_app.storage.waitlist import SetBasedWaitlist


def _install(components: Components) -> Components:
    return replace(
        components,
        directory=SetBasedDirectory,
        availability=SetBasedAvailability,
        next_slots=SetBasedNextSlot,
        places=SetBasedPlaces,
        clients=SetBasedClients,
        histories=SetBasedHistory,
        location_days=SetBasedLocationDay,
        revenue=SetBasedRevenue,
        bookings=SetBasedBookings,
        visits=SetBasedVisits,
        payments=SetBasedPayments,
        reviews=SetBasedReviews,
        waitlist=SetBasedWaitlist,
        notifications=SetBasedNotifications,
        analytics=SetBasedAnalytics,
        duties=SetBasedDuties,
    )


SET_BASED_SQL = Optimization(
    id="set_based_sql",
    phase="p1",
    hypothesis="Slots, a history, a day or revenue take one or two statements, however many rows.",
    metric="query_count",
    adr="docs/adr/0004-optimizations-are-values.md",
    install=_install,
)
