"""The generator's end of the socket to the harness: one JSON object a line each way."""

import json
import logging
from collections.abc import Iterator
from typing import Any

from gevent import socket

logger = logging.getLogger(__name__)


class Control:
    """Receives commands and sends events; see docs/formats.md."""

    def __init__(self, file_descriptor: int) -> None:
        self._socket = socket.socket(fileno=file_descriptor)

    def commands(self) -> Iterator[dict[str, Any]]:
        """Yield commands until the harness closes its end."""
        with self._socket.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def send(self, event: str, **content: Any) -> None:
        """Send one event; a harness that is gone is noticed by `commands`, not here."""
        try:
            self._socket.sendall(json.dumps({"event": event, **content}).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            return

    def abort(self, message: str) -> None:
        """Say that the generator cannot go on, and why."""
        logger.error(message)
        self.send("error", message=message)
