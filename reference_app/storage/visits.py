"""How visits end and series of them, one statement for each step."""

from reference_app.domain.answers import Appointment
from reference_app.services.ports import NewSeries
from reference_app.storage.connections import Connection

_FINISH = """
    WITH finished AS (
        UPDATE appointments SET status = $2::text, version = version + 1, updated_at = now()
         WHERE id = $1
        RETURNING id, client_id
    ), counted AS (
        UPDATE clients SET visit_count = visit_count + 1
         WHERE $2::text = 'completed' AND id = (SELECT client_id FROM finished)
    )
    INSERT INTO notifications (appointment_id, kind, channel, status, body)
    SELECT id, $3::text, 'email', 'queued', 'Your appointment: ' || $3::text || '.' FROM finished
"""

CREATE_SERIES = """
    INSERT INTO recurring_series (client_id, barber_id, service_id, interval_days, starts_on, ends_on)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
FINISHED_KINDS = {"completed": "review_request", "no_show": "missed"}
"""What a client is told when their appointment has ended in one way or the other."""


class SetBasedVisits:
    """Writes in one statement what happens at once."""

    async def finish(self, connection: Connection, appointment: Appointment, status: str) -> None:
        """Note that the client came or did not, count the visit, and queue a notification."""
        await connection.execute(_FINISH, appointment.id, status, FINISHED_KINDS[status])

    async def create_series(self, connection: Connection, series: NewSeries) -> int:
        """Store a series and answer its id."""
        return await insert_series(connection, series)


async def insert_series(connection: Connection, series: NewSeries) -> int:
    """Store a series: one statement in every variant."""
    rows = await connection.fetch(
        CREATE_SERIES,
        series.client_id,
        series.barber_id,
        series.service_id,
        series.interval_days,
        series.starts_on,
        series.ends_on,
    )
    series_id: int = rows[0]["id"]
    return series_id
