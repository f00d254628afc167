"""SlowResponses: raises an alert when an endpoint keeps callers waiting, clears it when it no longer does."""

from dataclasses import dataclass

from reference_app.monitoring.request_records import EndpointRecord
from reference_app.scalability.alerts import Alerts

SLOW_S = 1.0
JUDGED_COUNT = 40
"""Answers of an endpoint that are judged together."""
RAISED_AT = 3
"""More than a twentieth of them are slow: the 95th percentile is."""
CLEARED_AT = 1


@dataclass(slots=True)
class _Stretch:
    """The newest answers of an endpoint."""

    count: int = 0
    slow_count: int = 0


class SlowResponses:
    """Judges each endpoint by stretches of answers; a stretch in which hardly any was slow ends the alert."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._stretches: dict[EndpointRecord, _Stretch] = {}

    def note(self, endpoint: EndpointRecord, duration_s: float) -> None:
        """Count an answer."""
        stretch = self._stretches.get(endpoint)
        if stretch is None:
            stretch = self._stretches[endpoint] = _Stretch()
        stretch.count += 1
        if duration_s > SLOW_S:
            stretch.slow_count += 1
            if stretch.slow_count == RAISED_AT:
                sentence = f"{RAISED_AT} of the last {stretch.count} answers took longer than {SLOW_S:g} s."
                self._alerts.report(_key(endpoint), "medium", sentence)
        if stretch.count == JUDGED_COUNT:
            if stretch.slow_count <= CLEARED_AT:
                sentence = (
                    f"{stretch.slow_count} of the last {JUDGED_COUNT} answers took longer than {SLOW_S:g} s."
                )
                self._alerts.clear(_key(endpoint), sentence)
            self._stretches[endpoint] = _Stretch()


def _key(endpoint: EndpointRecord) -> str:
    return f"slow {endpoint.method} {endpoint.path}"
