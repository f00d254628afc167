"""A worker notices that its master is gone, and ends."""

import logging
import os
import time
from typing import Any

import gevent

logger = logging.getLogger(__name__)

_TICK_S = 1.0
_MOST_SILENT_TICKS = 10
"""A master asks for the clock four times a second and answers Locust's heartbeat once a second."""


class MasterWatch:
    """Counts the ticks since the master was last heard.

    Ticks, not time: while the event loop is blocked, the master cannot be heard, which is not its fault.
    """

    def __init__(self, environment: Any) -> None:
        self.heard_ns = time.monotonic_ns()
        """When the master was last heard, on this process's clock."""
        self._silent_ticks = 0
        environment.events.heartbeat_received.add_listener(lambda **_: self.note_life())
        gevent.spawn(self._watch)

    def note_life(self) -> int:
        """Note that the master was heard now; return now."""
        self._silent_ticks = 0
        self.heard_ns = time.monotonic_ns()
        return self.heard_ns

    def _watch(self) -> None:
        while self._silent_ticks <= _MOST_SILENT_TICKS:
            gevent.sleep(_TICK_S)
            self._silent_ticks += 1
        logger.error("The master is gone; this worker ends.")
        os._exit(1)
