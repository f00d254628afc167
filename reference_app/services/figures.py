"""Figures: the duties of whole families, worked out when somebody asks, in place of an object for each."""

from collections.abc import Sequence
from typing import Any

from reference_app.families.duty import Duty, Subject
from reference_app.storage.connections import Connections


class Figures:
    """Runs one statement for a figure and keeps nothing."""

    def __init__(self, connections: Connections, duties: Sequence[Duty]) -> None:
        self._connections = connections
        self._duties = {duty.name: duty for duty in duties}

    async def work_out(self, name: str, subject: Subject) -> Any:
        """Work out a figure by its name; raise `KeyError` for one that no family here knows."""
        duty = self._duties[name]
        values = [getattr(subject, part) for part in duty.takes]
        async with self._connections.use() as connection:
            rows = await connection.fetch(duty.sql, *values)
        return duty.figure(rows)
