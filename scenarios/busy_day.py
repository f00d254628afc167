"""The booking day of users who never pause: for questions of work and memory, not of waiting.

Closed loop: each user starts the next journey when the one before is done.
"""

import gevent
from locust import constant

from scenarios import booking_day


class BusyDay(booking_day.BookingDay):
    """Everybody who uses the backend on one day, in a hurry."""

    wait_time = constant(0)

    def pause(self) -> None:
        """Go on at once."""
        gevent.sleep(0)
