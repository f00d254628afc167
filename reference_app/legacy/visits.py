"""How visits end and series of them, a step at a time."""

from reference_app.domain.answers import Appointment
from reference_app.legacy.bookings import notify
from reference_app.legacy.histories import one
from reference_app.services.ports import NewSeries
from reference_app.storage.connections import Connection
from reference_app.storage.visits import FINISHED_KINDS, insert_series


class StepByStepVisits:
    """Reads the client to count a visit, and writes each thing by itself."""

    async def finish(self, connection: Connection, appointment: Appointment, status: str) -> None:
        """Note that the client came or did not, count the visit, and queue a notification."""
        await connection.execute(
            "UPDATE appointments SET status = $2, version = version + 1, updated_at = now() WHERE id = $1",
            appointment.id,
            status,
        )
        if status == "completed":
            client = await one(
                connection, "SELECT * FROM clients WHERE id = $1 FOR UPDATE", appointment.client_id
            )
            await connection.execute(
                "UPDATE clients SET visit_count = $2 WHERE id = $1", client["id"], client["visit_count"] + 1
            )
        kind = FINISHED_KINDS[status]
        await notify(connection, appointment.id, kind, f"Your appointment: {kind}.")

    async def create_series(self, connection: Connection, series: NewSeries) -> int:
        """Store a series and answer its id."""
        return await insert_series(connection, series)
