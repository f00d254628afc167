"""Alerts: what operators must know, told when it begins, when its severity changes and when it is over.

    alerts.report("redis", "medium", "Redis does not answer: each instance keeps answers and limits alone.")
    alerts.clear("redis", "Redis answers again.")

A key names what is wrong, not how badly: what is reported again with the same severity is counted, not told,
and what was never reported is not cleared. Telling is a line of the log and an entry in a bounded queue.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from reference_app.scalability.webhook import Webhook

Severity = Literal["low", "medium", "high", "critical"]
MAX_ACTIVE = 200
"""Keys that are wrong at once; more of them would tell nobody anything."""
RECENT_COUNT = 50

_LEVELS: dict[Severity, int] = {
    "low": logging.WARNING,
    "medium": logging.WARNING,
    "high": logging.ERROR,
    "critical": logging.CRITICAL,
}
_LOG = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Active:
    """Something that is wrong now."""

    severity: Severity
    sentence: str
    raised_at: datetime
    report_count: int = 1


class Alerts:
    """Knows what is wrong now, and tells each change once. For use from the event loop's thread alone."""

    def __init__(
        self, webhook: Webhook | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._webhook = webhook
        self._now = now
        self._active: dict[str, _Active] = {}
        self._recent: deque[dict[str, Any]] = deque(maxlen=RECENT_COUNT)
        self._untold_count = 0

    def report(self, key: str, severity: Severity, sentence: str) -> None:
        """Tell that something is wrong, unless that has been told with this severity."""
        known = self._active.get(key)
        if known is not None and known.severity == severity:
            known.report_count += 1
            return
        if known is None and len(self._active) >= MAX_ACTIVE:
            self._untold_count += 1
            return
        raised_at = self._now() if known is None else known.raised_at
        self._active[key] = _Active(severity=severity, sentence=sentence, raised_at=raised_at)
        _LOG.log(_LEVELS[severity], "%s alert, %s: %s", severity, key, sentence)
        self._tell(key, "raised", severity, sentence, raised_at)

    def clear(self, key: str, sentence: str) -> None:
        """Tell that something is right again, if it was wrong."""
        known = self._active.pop(key, None)
        if known is None:
            return
        _LOG.warning("recovered, %s: %s", key, sentence)
        self._tell(key, "recovered", known.severity, sentence, known.raised_at)

    async def open(self) -> None:
        """Begin to deliver."""
        if self._webhook is not None:
            await self._webhook.open()

    async def close(self) -> None:
        """Deliver what waits, within two seconds."""
        if self._webhook is not None:
            await self._webhook.close()

    def snapshot(self) -> dict[str, Any]:
        """Show what is wrong now, and what was told last, as JSON."""
        return {
            "active": [
                {
                    "key": key,
                    "severity": known.severity,
                    "sentence": known.sentence,
                    "raised_at": known.raised_at.isoformat(),
                    "report_count": known.report_count,
                }
                for key, known in self._active.items()
            ],
            "recent": list(self._recent),
            "untold_count": self._untold_count,
            "webhook": None if self._webhook is None else self._webhook.snapshot(),
        }

    def _tell(
        self,
        key: str,
        state: Literal["raised", "recovered"],
        severity: Severity,
        sentence: str,
        raised_at: datetime,
    ) -> None:
        notice = {
            "key": key,
            "state": state,
            "severity": severity,
            "sentence": sentence,
            "at": self._now().isoformat(),
            "raised_at": raised_at.isoformat(),
        }
        self._recent.append(notice)
        if self._webhook is not None:
            self._webhook.send(notice)
