"""SlowResponses: an endpoint whose 95th percentile is too slow is told once, and once when it is not."""

from reference_app.monitoring.request_records import EndpointRecord
from reference_app.monitoring.slow_responses import JUDGED_COUNT, SLOW_S, SlowResponses
from reference_app.scalability.alerts import Alerts

PAYMENTS = EndpointRecord("POST", "/api/v2/payments")


def told(*stretches: int) -> list[tuple[str, str]]:
    """Answer what is told when so many of each stretch of answers are slow."""
    alerts = Alerts()
    slow = SlowResponses(alerts)
    for slow_count in stretches:
        for number in range(JUDGED_COUNT):
            slow.note(PAYMENTS, SLOW_S * (2 if number < slow_count else 0.5))
    return [(notice["key"], notice["state"]) for notice in alerts.snapshot()["recent"]]


def test_a_few_slow_answers_are_told_to_nobody() -> None:
    assert told(2, 2, 2, 0) == []


def test_an_endpoint_that_stays_slow_is_told_once_until_hardly_any_answer_is() -> None:
    key = "slow POST /api/v2/payments"

    assert told(3, 40, 2, 1, 0) == [(key, "raised"), (key, "recovered")]
