"""Reviews, with a look-up for each name."""

from datetime import date

from reference_app.domain.answers import Appointment
from reference_app.domain.care import BarberReviews
from reference_app.domain.errors import NotFoundError
from reference_app.legacy.histories import one
from reference_app.storage.connections import Connection
from reference_app.storage.reviews import noon, review_from
from reference_app.storage.rows import barber_from


class ReviewByReviewReviews:
    """Loads all of a barber's reviews to sum them up, and asks for the client of each that it shows."""

    async def add(
        self, connection: Connection, appointment: Appointment, rating: int, comment: str, today: date
    ) -> int | None:
        """Store a review and answer its id; nothing when the visit has one."""
        if await connection.fetch("SELECT * FROM reviews WHERE appointment_id = $1", appointment.id):
            return None
        rows = await connection.fetch(
            "INSERT INTO reviews (appointment_id, client_id, barber_id, rating, created_at, comment)"
            " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            appointment.id,
            appointment.client_id,
            appointment.barber_id,
            rating,
            noon(today),
            comment,
        )
        review_id: int = rows[0]["id"]
        return review_id

    async def of_barber(self, connection: Connection, barber_id: int, limit: int) -> BarberReviews:
        """Sum up a barber's ratings and find the newest reviews."""
        barber = await connection.fetchrow("SELECT * FROM barbers WHERE id = $1 AND is_active", barber_id)
        if barber is None:
            raise NotFoundError("barber")
        rows = await connection.fetch("SELECT * FROM reviews WHERE barber_id = $1", barber_id)
        rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)
        newest = []
        for row in rows[:limit]:
            client = await one(connection, "SELECT * FROM clients WHERE id = $1", row["client_id"])
            newest.append(review_from(row, client["full_name"]))
        return BarberReviews(
            barber=barber_from(barber),
            review_count=len(rows),
            rating_sum=sum(row["rating"] for row in rows),
            newest=newest,
        )
