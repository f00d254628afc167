"""Payments, who gets what of them, and the calendar."""

from typing import Any

from aiohttp import web

from reference_app.domain.payments import METHODS, Payment
from reference_app.middleware.caller import require_caller
from reference_app.services.payments import PaymentService
from reference_app.web import parsing
from reference_app.web.bodies import json_response
from reference_app.web.route import Route
from reference_app.web.schema import CENTS, ID, MOMENT, TEXT, fields, nullable, one_of, record, whole

_MOST_CENTS = 2**31 - 1
"""PostgreSQL's largest integer."""


class PaymentHandlers:
    """Endpoints about money; another company moves it."""

    def __init__(self, payments: PaymentService) -> None:
        self._payments = payments

    def routes(self) -> list[Route]:
        """List the endpoints."""
        payment = record(
            id=ID,
            appointment_id=ID,
            location_id=ID,
            barber_id=ID,
            client_id=ID,
            amount_cents=CENTS,
            split=record(platform_fee_cents=CENTS, commission_cents=CENTS, barber_cents=CENTS),
            refunded_cents=CENTS,
            paid_at=MOMENT,
            method=one_of(*METHODS),
            reference=TEXT,
        )
        return [
            Route(
                method="POST",
                path="/api/v2/payments",
                handler=self.charge,
                summary="Take the price of a completed appointment",
                access="signed in",
                body=fields({"appointment_id": ID, "method": one_of(*METHODS)}),
                status=201,
                answer=payment,
                refusals=(402, 404, 409, 503),
            ),
            Route(
                method="GET",
                path="/api/v2/payments/{id}",
                handler=self.payment,
                summary="A payment and its split",
                access="signed in",
                answer=payment,
            ),
            Route(
                method="POST",
                path="/api/v2/payments/{id}/refund",
                handler=self.refund,
                summary="Give back an amount, or all that is left",
                access="staff",
                body=fields({}, {"amount_cents": nullable(whole(1, _MOST_CENTS))}),
                answer=payment,
                refusals=(402, 409, 503),
            ),
            Route(
                method="POST",
                path="/api/v2/appointments/{id}/calendar",
                handler=self.add_to_calendar,
                summary="Put an appointment into its client's calendar",
                access="signed in",
                answer=record(appointment_id=ID, event=TEXT),
                refusals=(409, 503),
            ),
        ]

    async def charge(self, request: web.Request) -> web.Response:
        """Take a payment."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        appointment_id = parsing.body_id(body, "appointment_id")
        method = parsing.body_word(body, "method", METHODS)
        return json_response(_payment_body(await self._payments.charge(user, appointment_id, method)), 201)

    async def payment(self, request: web.Request) -> web.Response:
        """Show a payment."""
        user = require_caller(request)
        return json_response(_payment_body(await self._payments.payment(user, parsing.path_id(request))))

    async def refund(self, request: web.Request) -> web.Response:
        """Give money back."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        amount = None
        if body.get("amount_cents") is not None:
            amount = parsing.body_count(body, "amount_cents", 1, _MOST_CENTS)
        payment = await self._payments.refund(user, parsing.path_id(request), amount)
        return json_response(_payment_body(payment))

    async def add_to_calendar(self, request: web.Request) -> web.Response:
        """Put an appointment into a calendar."""
        user = require_caller(request)
        appointment_id = parsing.path_id(request)
        event = await self._payments.add_to_calendar(user, appointment_id)
        return json_response({"appointment_id": appointment_id, "event": event})


def _payment_body(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "appointment_id": payment.appointment_id,
        "location_id": payment.location_id,
        "barber_id": payment.barber_id,
        "client_id": payment.client_id,
        "amount_cents": payment.amount_cents,
        "split": {
            "platform_fee_cents": payment.split.platform_fee_cents,
            "commission_cents": payment.split.commission_cents,
            "barber_cents": payment.split.barber_cents,
        },
        "refunded_cents": payment.refunded_cents,
        "paid_at": payment.paid_at.isoformat(),
        "method": payment.method,
        "reference": payment.reference,
    }
