"""What costs most: the owner's figures, the search for a free time, and bookings, which must go first.

`locust -f scenarios/overload.py --host http://127.0.0.1:8001` runs it with Locust's web page.
"""

from locust import between

from scenarios.journeys.availability import find_next
from scenarios.journeys.booking import browse_and_book
from scenarios.journeys.insights import look_far_back
from scenarios.journeys.visitor import Visitor


class Overload(Visitor):
    """Everybody who wants what is expensive."""

    wait_time = between(1, 3)
    tasks = {  # type: ignore[assignment]  # noqa: RUF012  - Locust's way to give weights
        look_far_back: 5,
        find_next: 2,
        browse_and_book: 3,
    }
