"""Callers who keep to their quota; somebody else may not (`scenarios/abuser.py`).

`locust -f scenarios/orderly_callers.py --host http://127.0.0.1:8001` runs it with Locust's web page.
"""

from locust import between

from scenarios.journeys.availability import look_and_leave
from scenarios.journeys.booking import browse_and_book
from scenarios.journeys.history import check_history
from scenarios.journeys.visitor import Visitor


class OrderlyCaller(Visitor):
    """Who looks, books and checks, now and then."""

    wait_time = between(1, 3)
    tasks = {look_and_leave: 4, check_history: 4, browse_and_book: 2}  # type: ignore[assignment]  # noqa: RUF012  - Locust's weights
