"""Apps that were never updated: the booking day over version 1 of the API.

`locust -f scenarios/v1_clients.py --host http://127.0.0.1:8001` runs it with Locust's web page.
"""

from locust import between

from scenarios.journeys.availability import look_and_leave
from scenarios.journeys.booking import browse_and_book, cancel_own, reschedule_own
from scenarios.journeys.business import front_desk
from scenarios.journeys.history import check_history
from scenarios.journeys.visitor import Visitor


class OldApp(Visitor):
    """Who has not updated."""

    api = "/api/v1"
    wait_time = between(1, 3)
    tasks = {  # type: ignore[assignment]  # noqa: RUF012  - Locust's way to give weights
        look_and_leave: 32,
        check_history: 28,
        browse_and_book: 20,
        front_desk: 10,
        reschedule_own: 6,
        cancel_own: 4,
    }
