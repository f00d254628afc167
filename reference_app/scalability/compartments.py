"""Compartments: which requests share a limit, and which of them are worth more."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from reference_app.scalability.request_throttler import (
    FixedLimit,
    Gradient2Limit,
    RequestClass,
    RequestThrottler,
)

BOOKINGS = RequestClass("bookings")
"""Whatever changes something, log-ins included: the business itself."""
READS = RequestClass("reads")
ANALYTICS = RequestClass("analytics", share=0.5)
"""Long, and nobody stands at the counter for it; half of the places are never theirs."""
OTHERS = RequestClass("other companies")
"""Waits for servers of others for most of its time."""

OTHERS_LIMIT = 36
"""With the 64 of our own work, 100 requests at once."""
OTHERS_QUEUED = 100
OWN_QUEUED = 900

_NEVER_QUEUED = ("/health", "/monitoring", "/metrics")
_OF_ANALYTICS = ("/analytics/", "/payments/commissions")
_OF_OTHERS = ("/payments", "/notifications/dispatch")
_CALENDAR = re.compile("/appointments/[^/]+/calendar")


def class_of(method: str, endpoint: str) -> RequestClass | None:
    """Tell the class of an endpoint, whatever its ids; None for what tells how we are, which never waits."""
    if endpoint.startswith(_NEVER_QUEUED):
        return None
    if method not in {"GET", "HEAD", "OPTIONS"}:
        is_of_others = endpoint.startswith(_OF_OTHERS) or _CALENDAR.fullmatch(endpoint)
        return OTHERS if is_of_others else BOOKINGS
    return ANALYTICS if endpoint.startswith(_OF_ANALYTICS) else READS


class Compartments:
    """One throttler for our own work, one for what waits for others: a payment that hangs blocks no booking.

    The duration of the others' work says nothing of our load, so their limit is fixed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        own = RequestThrottler(Gradient2Limit(), (BOOKINGS, READS, ANALYTICS), clock, max_queued=OWN_QUEUED)
        others = RequestThrottler(FixedLimit(OTHERS_LIMIT), (OTHERS,), clock, max_queued=OTHERS_QUEUED)
        self._of_kind: Mapping[RequestClass, RequestThrottler] = {
            **dict.fromkeys((BOOKINGS, READS, ANALYTICS), own),
            OTHERS: others,
        }

    def of(self, kind: RequestClass) -> RequestThrottler:
        """Find the throttler of a class."""
        return self._of_kind[kind]

    def snapshot(self) -> dict[str, Any]:
        """Tell how both do."""
        return {"own": self.of(READS).snapshot(), "others": self.of(OTHERS).snapshot()}
