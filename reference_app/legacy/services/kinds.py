"""Kinds of services: what a family does with its figures besides working them out."""

import copy
import time
from collections import deque
from typing import Any

from reference_app.families.duty import Duty, Subject
from reference_app.legacy.services.service import Noted, Service
from reference_app.settings import Settings
from reference_app.storage.connections import Connection

KEPT = 20
CATALOGUE = (
    "SELECT * FROM locations",
    "SELECT * FROM services",
    "SELECT * FROM barbers",
    "SELECT * FROM barber_locations",
    "SELECT * FROM booking_rules",
    "SELECT * FROM blackout_dates",
    "SELECT * FROM barber_special_availability",
)


class BusinessService(Service):
    """Has its own copy of the catalogue, and notes with each figure what it was based on."""

    def __init__(self, family: str, duty: Duty, settings: Settings) -> None:
        super().__init__(family, duty, settings)
        self.catalogue: list[dict[str, Any]] = []

    async def start(self, connection: Connection) -> None:
        """Read what the business offers, who works where, and when it is closed or open otherwise."""
        read = [await self.database.fetch(connection, sql, ()) for sql in CATALOGUE]
        self.catalogue = [dict(row) for rows in read for row in rows]

    def note(self, subject: Subject, figure: Any) -> None:
        """Copy the catalogue into the note, lest somebody change the noted one."""
        self.cache.clear()
        self.cache[subject] = Noted(time.monotonic(), figure, copy.deepcopy(self.catalogue))


class MessageService(BusinessService):
    """Writes messages, and keeps the newest ones for a sender that was never connected."""

    def __init__(self, family: str, duty: Duty, settings: Settings) -> None:
        super().__init__(family, duty, settings)
        self.outbox: deque[str] = deque(maxlen=KEPT)

    def note(self, subject: Subject, figure: Any) -> None:
        """Put what was worked out into words and into the outbox."""
        super().note(subject, figure)
        lines = figure if isinstance(figure, list) else [f"{self.name}: {figure}"]
        self.outbox.extend(str(line) for line in lines)


class GuardService(Service):
    """Watches whether what it looked up has changed since it looked last."""

    def __init__(self, family: str, duty: Duty, settings: Settings) -> None:
        super().__init__(family, duty, settings)
        self.change_count = 0

    def note(self, subject: Subject, figure: Any) -> None:
        """Compare with the figure of the same subject, if that was the last one."""
        last = self.cache.get(subject)
        self.change_count += last is not None and last.figure != figure
        super().note(subject, figure)


class WatchService(Service):
    """Keeps the newest figures as a series."""

    def __init__(self, family: str, duty: Duty, settings: Settings) -> None:
        super().__init__(family, duty, settings)
        self.series: deque[tuple[float, Any]] = deque(maxlen=KEPT)

    def note(self, subject: Subject, figure: Any) -> None:
        """Add a point to the series."""
        super().note(subject, figure)
        self.series.append((time.monotonic(), figure))
