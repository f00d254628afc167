"""Look at a server's memory: by the probe that it mounts, else from outside."""

import http.client
import json
from typing import Any, Literal
from urllib.parse import urlsplit

from harness.errors import MeasurementError, UsageError
from harness.model.memory import Checkpoint
from harness.probe.process import describe_tree

Source = Literal["probe", "process"]
"""The server tells, or its processes are looked at from outside."""

_TIMEOUT_S = 60.0
"""A collection in a server of many gigabytes, or one that traces, takes its time."""
_FIELDS = (
    "pid",
    "live_bytes",
    "block_count",
    "object_count",
    "uss_bytes",
    "rss_bytes",
    "fd_count",
    "thread_count",
)


class MemoryProbe:
    """Looks at one server; which way is settled by the first look.

    Args:
        base_url: of the server, without a slash at the end.
        pid: its process; None if it is not ours.
        path: where it may have mounted the probe.

    Raises:
        UsageError: it has no probe, and its processes are not ours to look at.
    """

    def __init__(self, base_url: str, pid: int | None, path: str) -> None:
        self._base_url = base_url
        self._pid = pid
        self._path = path
        self.source: Source = "process" if self._ask() is None else "probe"
        if self.source == "process" and pid is None:
            raise UsageError(
                f"The server at {base_url} has no memory probe at {path}, and it was not started"
                " by kpibench: nothing can be said of its memory.",
                hint="Mount the probe: `kpibench init` writes kpibench_memory.py, which tells how.",
            )

    def look(self, *, requests: int, failed: int) -> Checkpoint:
        """Look once, after so many requests.

        Raises:
            MeasurementError: the server does not answer any more.
        """
        told = self._ask() if self.source == "probe" else self._look_from_outside()
        if told is None:
            raise MeasurementError(f"The server at {self._base_url} no longer tells its memory.")
        return Checkpoint(requests=requests, failed=failed, **{name: told[name] for name in _FIELDS})

    def tracing(self) -> dict[str, Any] | None:
        """Return allocation sites and containers; None where the server does not trace."""
        told = self._ask() if self.source == "probe" else None
        return told.get("tracing") if told else None

    def _ask(self) -> dict[str, Any] | None:
        """Return what the mounted probe tells; None if there is none.

        Raises:
            MeasurementError: there is no answer.
        """
        parts = urlsplit(self._base_url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", parts.path.rstrip("/") + self._path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise MeasurementError(
                f"The server at {self._base_url} did not tell its memory: {type(error).__name__}.",
                hint="See its log.",
            ) from error
        finally:
            connection.close()
        return _parsed(body) if answer.status == 200 else None

    def _look_from_outside(self) -> dict[str, Any] | None:
        seen = describe_tree(self._pid) if self._pid else None
        if seen is None:
            return None
        return {
            "pid": self._pid,
            "live_bytes": None,
            "block_count": None,
            "object_count": None,
            **{name: int(seen[name]) for name in ("uss_bytes", "rss_bytes", "fd_count", "thread_count")},
        }


def _parsed(body: bytes) -> dict[str, Any] | None:
    """Return the probe's answer; None for a page of another kind that happens to be there."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) and told.get("version") == 1 and set(_FIELDS) <= set(told) else None
