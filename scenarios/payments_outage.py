"""Charges beside reads and bookings: what becomes of the others when nobody can take money?

`locust -f scenarios/payments_outage.py --host http://127.0.0.1:8001` runs it with Locust's web page. Requests
that need the payment service are named `/api/v2/payments`.
"""

from locust import between

from scenarios.journeys.availability import look_and_leave
from scenarios.journeys.booking import browse_and_book
from scenarios.journeys.business import serve_card_payer
from scenarios.journeys.history import check_history
from scenarios.journeys.visitor import Visitor


class PaymentsOutage(Visitor):
    """Clients who look and book, and a desk that charges cards."""

    wait_time = between(1, 3)
    tasks = {  # type: ignore[assignment]  # noqa: RUF012  - Locust's way to give weights
        look_and_leave: 2,
        check_history: 2,
        browse_and_book: 1,
        serve_card_payer: 5,
    }
