"""Reviews, one statement for each step."""

from datetime import UTC, date, datetime, time

from reference_app.domain.answers import Appointment, Barber
from reference_app.domain.care import BarberReviews, Review
from reference_app.domain.errors import NotFoundError
from reference_app.storage.connections import Connection, Row

# The caller has locked the appointment: nobody can review it at the same time.
_ADD = """
    INSERT INTO reviews (appointment_id, client_id, barber_id, rating, created_at, comment)
    SELECT $1, $2, $3, $4, $5, $6
     WHERE NOT EXISTS (SELECT FROM reviews WHERE appointment_id = $1)
    RETURNING id
"""

# The barber's row comes back even without reviews: its columns are repeated on every row.
_OF_BARBER = """
    SELECT b.full_name, totals.*, r.*, c.full_name AS client_name
      FROM barbers b
     CROSS JOIN LATERAL (SELECT count(*) AS review_count, coalesce(sum(rating), 0) AS rating_sum
                           FROM reviews WHERE barber_id = b.id) totals
      LEFT JOIN LATERAL (SELECT id, appointment_id, client_id, rating, comment, created_at
                           FROM reviews WHERE barber_id = b.id
                          ORDER BY created_at DESC, id DESC LIMIT $2) r ON true
      LEFT JOIN clients c ON c.id = r.client_id
     WHERE b.id = $1 AND b.is_active
     ORDER BY r.created_at DESC, r.id DESC
"""


class SetBasedReviews:
    """Lets the database count, sum and join."""

    async def add(
        self, connection: Connection, appointment: Appointment, rating: int, comment: str, today: date
    ) -> int | None:
        """Store a review and answer its id; nothing when the visit has one."""
        row = await connection.fetchrow(
            _ADD,
            appointment.id,
            appointment.client_id,
            appointment.barber_id,
            rating,
            noon(today),
            comment,
        )
        return row["id"] if row else None

    async def of_barber(self, connection: Connection, barber_id: int, limit: int) -> BarberReviews:
        """Sum up a barber's ratings and find the newest reviews."""
        rows = await connection.fetch(_OF_BARBER, barber_id, limit)
        if not rows:
            raise NotFoundError("barber")
        first = rows[0]
        return BarberReviews(
            barber=Barber(id=barber_id, full_name=first["full_name"]),
            review_count=first["review_count"],
            rating_sum=first["rating_sum"],
            newest=[review_from(row, row["client_name"]) for row in rows if row["id"] is not None],
        )


def review_from(row: Row, client_name: str) -> Review:
    """Read a review; its client's name comes from elsewhere."""
    return Review(
        id=row["id"],
        appointment_id=row["appointment_id"],
        rating=row["rating"],
        comment=row["comment"],
        client_name=client_name,
    )


def noon(today: date) -> datetime:
    """When things happen that happen today: the data's day, not the wall clock's."""
    return datetime.combine(today, time(12), UTC)
