"""What happens around a visit: reviews, the waiting list, messages to clients, series of appointments."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, get_args

import msgspec

from reference_app.domain.answers import Appointment, Barber

Outcome = Literal["sent", "failed", "queued"]
"""What became of a message; it is queued again when its channel was not even asked."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What a client said about a visit."""

    id: int
    appointment_id: int
    rating: int
    comment: str
    client_name: str


class BarberReviews(msgspec.Struct, frozen=True, kw_only=True):
    """All of a barber's ratings in sum, and the newest reviews."""

    barber: Barber
    review_count: int
    rating_sum: int
    newest: Sequence[Review]


class WaitlistEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A client who would come if a time with the barber became free on that day."""

    id: int
    client_id: int
    client_name: str
    barber_id: int
    barber_name: str
    service_id: int
    service_name: str
    day: date


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A notification on its way to a client."""

    id: int
    appointment_id: int
    kind: str
    channel: str
    body: str
    recipient: str
    """Address or number, as the channel needs it."""


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A date of a series that could not be booked, and the code of the reason."""

    starts_at: str
    code: str


class BookedSeries(msgspec.Struct, frozen=True, kw_only=True):
    """A series: what was booked of it and what was not."""

    id: int
    appointments: Sequence[Appointment]
    skipped: Sequence[Skipped]
