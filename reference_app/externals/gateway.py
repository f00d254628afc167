"""How the backend asks other companies' servers: JSON over HTTP, in limited time, a key for each deed."""

import math
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp

from reference_app.domain.care import Message
from reference_app.domain.errors import ConflictError, DeclinedError, NotAskedError, UnavailableError
from reference_app.domain.payments import Payment
from reference_app.externals.breakers import Breakers, NoBreakers
from reference_app.externals.sessions import OneSession, Sessions
from reference_app.monitoring.request_timings import external_time
from reference_app.scalability.circuit_breaker import CallRefusedError
from reference_app.scalability.leases import AcquisitionTimeoutError


class Gateway:
    """A client of all four services; how it connects, and when it does not ask, is exchangeable."""

    def __init__(self, url: str, sessions: Sessions | None = None, breakers: Breakers | None = None) -> None:
        self._url = url.rstrip("/")
        self._sessions = sessions or OneSession()
        self._breakers = breakers or NoBreakers()

    async def open(self) -> None:
        """Make ready for use."""
        await self._sessions.open()

    async def close(self) -> None:
        """Close every connection."""
        await self._sessions.close()

    async def charge(self, appointment_id: int, amount_cents: int) -> str:
        """Charge for an appointment and answer the payment's reference; the same charge again costs nothing.

        Raises:
            DeclinedError: the client's bank says no.
            UnavailableError: the payment service does not answer or fails.
        """
        return await self._ask(
            "payments", "charges", {"key": f"appointment-{appointment_id}", "amount_cents": amount_cents}
        )

    async def refund(self, payment: Payment, amount_cents: int) -> None:
        """Give back part of a payment. The key holds what was given back so far: two rivals refund once.

        Raises:
            DeclinedError: the service says no.
            ConflictError: another refund of this payment is under way.
            UnavailableError: the payment service does not answer or fails.
        """
        key = f"refund-{payment.id}-{payment.refunded_cents}"
        body = {"key": key, "charge": payment.reference, "amount_cents": amount_cents}
        await self._ask("payments", "refunds", body)

    async def send(self, message: Message) -> None:
        """Send a message by its channel.

        Raises:
            UnavailableError: it could not be handed over.
        """
        body = {"key": f"notification-{message.id}", "to": message.recipient, "text": message.body}
        await self._ask(message.channel, "messages", body)

    async def add_event(self, appointment_id: int, starts_at: datetime, ends_at: datetime) -> str:
        """Put an appointment into its client's calendar and answer the event's reference.

        Raises:
            UnavailableError: the calendar service does not answer or fails.
        """
        span = [starts_at.isoformat(), ends_at.isoformat()]
        return await self._ask(
            "calendar", "events", {"key": f"event-{appointment_id}-{span[0]}", "span": span}
        )

    async def _ask(self, service: str, what: str, body: dict[str, Any]) -> str:
        try:
            status, content = await self._breakers.run(service, lambda: self._post(service, what, body))
        except CallRefusedError as refusal:
            raise NotAskedError(
                f"{service}_unavailable",
                f"The {service} service is not asked for the moment; try again.",
                max(1, math.ceil(refusal.retry_after_s)),
            ) from None
        except (TimeoutError, AcquisitionTimeoutError):
            raise _unavailable(service) from None
        if status == HTTPStatus.PAYMENT_REQUIRED and service == "payments":
            raise DeclinedError("payment_declined", "The payment was declined.")
        if status == HTTPStatus.CONFLICT:
            raise ConflictError("in_progress", "This is being done already; look again.")
        if content is None:
            raise _unavailable(service)
        return str(content["reference"])

    async def _post(self, service: str, what: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        """Answer status and, where it is 201, content; a refusal is an answer, a server's error is none."""
        try:
            with external_time(service):
                async with (
                    self._sessions.use(service) as session,
                    session.post(f"{self._url}/{service}/{what}", json=body) as answer,
                ):
                    content = await answer.json() if answer.status == HTTPStatus.CREATED else None
        except (aiohttp.ClientError, ValueError):
            raise _unavailable(service) from None
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _unavailable(service)
        return answer.status, content


def _unavailable(service: str) -> UnavailableError:
    return UnavailableError(f"{service}_unavailable", f"The {service} service does not answer; try again.")
