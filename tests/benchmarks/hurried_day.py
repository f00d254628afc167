"""`booking_day` by people who never pause: as many requests as the backend answers."""

from locust import constant

from scenarios import booking_day


class HurriedDay(booking_day.BookingDay):
    """Everybody who uses the backend on one day, in a hurry."""

    wait_time = constant(0)

    def pause(self) -> None:
        """Go on at once."""
