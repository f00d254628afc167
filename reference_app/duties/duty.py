"""The list of duties, and what they need from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol, TypeAlias

from reference_app.storage.connections import Connection

Report: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
"""What a duty found or did: rows by the name of its part, the same in every variant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One duty: when it is due and what it is about."""

    id: str
    subject: Literal["client", "barber", "service"] | None
    """Whose id it is asked about; without one it is about the whole business."""
    summary: str


DUTIES: tuple[Duty, ...] = (
    Duty(id="purge", subject=None, summary="delete what is kept for a limited time; each night"),
    Duty(id="remind", subject=None, summary="queue a reminder for each appointment of tomorrow; each night"),
    Duty(id="daily-report", subject=None, summary="tell the shops what happened yesterday; each morning"),
    Duty(id="care", subject=None, summary="find clients and series that somebody should call; each morning"),
    Duty(id="reconcile", subject=None, summary="compare the payment provider's events with our payments"),
    Duty(id="watch-messages", subject=None, summary="find messages that are stuck or have failed"),
    Duty(id="export-client", subject="client", summary="everything that is stored about a client"),
    Duty(id="pay-out", subject="barber", summary="a barber's statement of the last 31 days"),
    Duty(id="hand-over", subject="barber", summary="what is to be moved when a barber leaves"),
    Duty(id="withdraw", subject="service", summary="what is to be moved when a service is given up"),
)


class DutyStatements(Protocol):
    """The statements of the duties; the caller owns the transaction."""

    async def perform(
        self, connection: Connection, duty: Duty, today: date, subject_id: int | None
    ) -> Report:
        """Do a duty on the day; an unknown subject gives parts without rows."""
