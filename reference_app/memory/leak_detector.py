"""MemoryLeakDetector: tells sustained growth of the bytes in use from start-up and filling caches.

Its own memory is bounded by WINDOW samples, and it walks over no objects.
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from reference_app.memory.process_reading import MB, MemoryReading
from reference_app.memory.trend import Slope, slope

WINDOW = 60
"""Samples that are kept: 20 minutes of one each 20 seconds."""
LEAST_SAMPLES = 20
WARM_UP_REQUESTS = 1_000
"""Before so many requests, caches and pools are still being filled: nothing is kept of it."""
CONFIRMATIONS = 3
"""A severity changes when so many samples in a row say so."""
LEAST_MB_PER_HOUR = 1.0
LEAST_BYTES_PER_REQUEST = 20.0
SLOWING = 0.75
"""Growth that in the second half of the window is less than this part of the first half's is ending."""
STARTING = 0.25
"""Growth that in the first half is less than this part of the second half's may be a single step."""
CACHE_MARGIN = 1.25
"""What a cache says that it holds takes so many bytes at most: it does not count all that is around it."""
_S_PER_HOUR = 3_600


class Severity(IntEnum):
    """How fast memory is lost, by MB an hour."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


_BOUNDS_MB_PER_HOUR = (
    (200.0, Severity.CRITICAL),
    (100.0, Severity.HIGH),
    (50.0, Severity.MEDIUM),
    (0.0, Severity.LOW),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Growth over the window, of the bytes in use that no bounded cache accounts for."""

    mb_per_hour: Slope
    bytes_per_request: Slope | None
    """None: nothing was asked in the window."""
    sample_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityChange:
    """A severity that was confirmed."""

    previous: Severity
    current: Severity
    trend: Trend


@dataclass(frozen=True, slots=True)
class _Sample:
    at_s: float
    request_count: int
    bytes: float
    """In use, and accounted for by no bounded cache."""


class MemoryLeakDetector:
    """Watches readings of one process; it takes none itself."""

    def __init__(self) -> None:
        self.severity = Severity.NONE
        self.trend: Trend | None = None
        self._samples: deque[_Sample] = deque(maxlen=WINDOW)
        self._suspected: deque[Severity] = deque(maxlen=CONFIRMATIONS)

    def add(self, reading: MemoryReading, *, at_s: float, request_count: int) -> SeverityChange | None:
        """Take one reading, made after a collection; answer the change of the severity, if it changed."""
        if request_count < WARM_UP_REQUESTS or reading.live_bytes is None:
            return None
        unaccounted = reading.live_bytes - CACHE_MARGIN * reading.cache_bytes
        self._samples.append(_Sample(at_s, request_count, unaccounted))
        if len(self._samples) < LEAST_SAMPLES:
            return None
        samples = list(self._samples)
        self.trend = _trend(samples)
        if self.trend is None:
            return None
        self._suspected.append(_severity(self.trend) if _is_leak(samples, self.trend) else Severity.NONE)
        return self._confirm(self.trend)

    def _confirm(self, trend: Trend) -> SeverityChange | None:
        """Rise to the least and fall to the most that the last samples agree on."""
        if len(self._suspected) < CONFIRMATIONS:
            return None
        least, most = min(self._suspected), max(self._suspected)
        confirmed = least if least > self.severity else min(self.severity, most)
        if confirmed == self.severity:
            return None
        change = SeverityChange(previous=self.severity, current=confirmed, trend=trend)
        self.severity = confirmed
        return change


def _trend(samples: list[_Sample]) -> Trend | None:
    by_time = slope([(one.at_s, one.bytes) for one in samples])
    if by_time is None:
        return None
    return Trend(
        mb_per_hour=Slope(
            value=by_time.value * _S_PER_HOUR / MB,
            low=by_time.low * _S_PER_HOUR / MB,
            high=by_time.high * _S_PER_HOUR / MB,
        ),
        bytes_per_request=_by_request(samples),
        sample_count=len(samples),
    )


def _by_request(samples: list[_Sample]) -> Slope | None:
    return slope([(float(one.request_count), one.bytes) for one in samples])


def _severity(trend: Trend) -> Severity:
    rate = trend.mb_per_hour.value
    return next(severity for bound, severity in _BOUNDS_MB_PER_HOUR if rate >= bound)


def _is_leak(samples: list[_Sample], trend: Trend) -> bool:
    """Tell whether the growth is beyond doubt and goes on."""
    if trend.mb_per_hour.low <= LEAST_MB_PER_HOUR:
        return False
    by_request = trend.bytes_per_request
    if by_request is not None and by_request.low <= LEAST_BYTES_PER_REQUEST:
        return False
    return _goes_on(samples)


def _goes_on(samples: list[_Sample]) -> bool:
    """Tell whether both halves of the window grow, at a pace that neither ends nor is that of one step."""
    middle = len(samples) // 2
    first, second = (
        slope([(one.at_s, one.bytes) for one in part]) for part in (samples[:middle], samples[middle:])
    )
    if first is None or second is None:
        return False
    if min(first.low, second.low) <= 0:
        return False
    return second.value >= SLOWING * first.value and first.value >= STARTING * second.value
