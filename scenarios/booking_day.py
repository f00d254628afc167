"""A day of the booking backend: clients look, book, move and cancel; the desk and the owner look on.

`locust -f scenarios/booking_day.py --host http://127.0.0.1:8001` runs it with Locust's web page, users
looping with a pause of one to three seconds; `kpibench` drives it open-loop, one journey an arrival.
"""

from locust import between

from scenarios.journeys.availability import find_next, look_and_leave
from scenarios.journeys.booking import (
    book_series,
    browse_and_book,
    cancel_own,
    join_waitlist,
    reschedule_own,
)
from scenarios.journeys.business import (
    find_client,
    front_desk,
    owner_revenue,
    send_messages,
    serve_walk_in,
)
from scenarios.journeys.history import check_history
from scenarios.journeys.visitor import Visitor


class BookingDay(Visitor):
    """Everybody who uses the backend on one day."""

    wait_time = between(1, 3)
    tasks = {  # type: ignore[assignment]  # noqa: RUF012  - Locust's way to give weights
        look_and_leave: 32,
        check_history: 28,
        browse_and_book: 16,
        front_desk: 10,
        reschedule_own: 6,
        cancel_own: 5,
        owner_revenue: 3,
        find_next: 3,
        find_client: 2,
        serve_walk_in: 2,
        join_waitlist: 1,
        book_series: 1,
        send_messages: 1,
    }
