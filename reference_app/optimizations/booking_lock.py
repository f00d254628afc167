"""Bookers of one barber queue up on an advisory lock, in place of deadlocking in the exclusion constraint."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.storage.booking_locks import BarberBookingLock


def _install(components: Components) -> Components:
    return replace(components, booking_lock=BarberBookingLock)


BOOKING_LOCK = Optimization(
    id="booking_lock",
    phase="p1",
    hypothesis="Rivals for a barber's time wait for a commit, never a second for the deadlock detector.",
    metric="response_time",
    adr="docs/adr/0004-optimizations-are-values.md",
    install=_install,
)
