"""ConsolidatedBookingService: free times, appointments and visits, in place of a family for each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from reference_app.domain.answers import Appointment, DaySlots, LocationDay
from reference_app.domain.care import BookedSeries
from reference_app.domain.people import User
from reference_app.domain.places import NextSlot
from reference_app.services.booking import BookingRequest, BookingService
from reference_app.services.ports import AvailabilityQuery, LocationDayQuery, NextSlotQuery
from reference_app.services.visits import Outcome, SeriesRequest, VisitService


@dataclass(frozen=True, slots=True)
class ConsolidatedBookingService:
    """Everything about the time of barbers: what of it is free, who has it, and how it was spent."""

    booking: BookingService
    availability: AvailabilityQuery
    next_slots: NextSlotQuery
    location_days: LocationDayQuery
    visits: VisitService

    async def barber_slots(self, barber_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find one barber's free starts; raise `NotFoundError`."""
        return await self.availability.barber_slots(barber_id, service_id, day, today)

    async def location_slots(self, location_id: int, service_id: int, day: date, today: date) -> DaySlots:
        """Find all barbers' free starts; raise `NotFoundError`."""
        return await self.availability.location_slots(location_id, service_id, day, today)

    async def of_barber(self, barber_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find one barber's next free start; raise `NotFoundError`."""
        return await self.next_slots.of_barber(barber_id, service_id, since, today)

    async def of_location(self, location_id: int, service_id: int, since: date, today: date) -> NextSlot:
        """Find any barber's next free start; raise `NotFoundError`."""
        return await self.next_slots.of_location(location_id, service_id, since, today)

    async def location_day(self, location_id: int, day: date) -> LocationDay:
        """Find a local day's appointments; raise `NotFoundError`."""
        return await self.location_days.location_day(location_id, day)

    async def book(
        self, user: User, request: BookingRequest, key: str | None, render: Callable[[Appointment], str]
    ) -> str:
        """Book an appointment and answer its rendering; raise `RequestError`."""
        return await self.booking.book(user, request, key, render)

    async def reschedule(self, user: User, appointment_id: int, starts_at: datetime) -> Appointment:
        """Move an appointment; raise `RequestError`."""
        return await self.booking.reschedule(user, appointment_id, starts_at)

    async def cancel(self, user: User, appointment_id: int) -> Appointment:
        """Cancel an appointment; raise `RequestError`."""
        return await self.booking.cancel(user, appointment_id)

    async def finish(self, user: User, appointment_id: int, outcome: Outcome) -> Appointment:
        """Note how an appointment ended; raise `RequestError`."""
        return await self.visits.finish(user, appointment_id, outcome)

    async def book_series(
        self, user: User, request: SeriesRequest, key: str | None, render: Callable[[BookedSeries], str]
    ) -> str:
        """Book what is free of a series; raise `RequestError`."""
        return await self.visits.book_series(user, request, key, render)
