"""The rush: everybody wants the first free times of one barber, and most come too late.

`locust -f scenarios/booking_rush.py --host http://127.0.0.1:8001` runs it with Locust's web page.
"""

from locust import between

from scenarios.journeys.booking import rush_for_slots
from scenarios.journeys.history import check_history
from scenarios.journeys.visitor import Visitor


class BookingRush(Visitor):
    """Everybody who has heard of it."""

    wait_time = between(0.1, 0.5)
    tasks = {rush_for_slots: 9, check_history: 1}  # type: ignore[assignment]  # noqa: RUF012  - Locust's weights
