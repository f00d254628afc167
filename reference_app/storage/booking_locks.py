"""How bookers of one barber are kept from getting into each other's way."""

from reference_app.storage.connections import Connection


class NoBookingLock:
    """BEFORE: the exclusion constraint alone decides, and rivals can deadlock waiting for each other."""

    async def acquire(self, connection: Connection, barber_id: int) -> None:
        """Do nothing."""


class BarberBookingLock:
    """Queue up: one booking transaction for each barber at a time."""

    async def acquire(self, connection: Connection, barber_id: int) -> None:
        """Wait for the barber's advisory lock, which the end of the transaction gives back."""
        await connection.execute("SELECT pg_advisory_xact_lock($1)", barber_id)
