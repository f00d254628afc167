"""Reviews, and the queue of notifications."""

from collections import Counter
from typing import Any

from aiohttp import web

from reference_app.caching import rules, scopes
from reference_app.domain.care import OUTCOMES, BarberReviews, Message
from reference_app.middleware.caller import require_caller
from reference_app.services.care import NotificationService, ReviewService
from reference_app.web import parsing
from reference_app.web.bodies import json_response
from reference_app.web.route import Route, query
from reference_app.web.schema import COUNT, ID, TEXT, array, fields, nullable, one_of, record, text, whole


class MessageHandlers:
    """Endpoints about what clients say and what they are told."""

    def __init__(self, reviews: ReviewService, notifications: NotificationService) -> None:
        self._reviews = reviews
        self._notifications = notifications

    def routes(self) -> list[Route]:
        """List the endpoints."""
        review = record(id=ID, appointment_id=ID, rating=whole(1, 5), comment=TEXT, client=TEXT)
        message = record(
            id=ID, appointment_id=ID, kind=TEXT, channel=one_of("email", "sms"), to=TEXT, text=TEXT
        )
        return [
            Route(
                method="POST",
                path="/api/v2/reviews",
                handler=self.review,
                summary="Review a completed visit of one's own",
                access="signed in",
                body=fields({"appointment_id": ID, "rating": whole(1, 5)}, {"comment": text(1000)}),
                status=201,
                answer=record(id=ID, appointment_id=ID, rating=whole(1, 5), comment=TEXT),
                refusals=(404, 409),
            ),
            Route(
                method="GET",
                path="/api/v2/barbers/{id}/reviews",
                handler=self.reviews,
                summary="A barber's average rating and newest reviews",
                cache=rules.by_path_id(rules.PUBLIC, scopes.reviews),
                parameters=(query("limit", whole(1, 100)),),
                answer=record(
                    barber_id=ID,
                    barber=TEXT,
                    review_count=COUNT,
                    average_rating=nullable({"type": "number"}),
                    reviews=array(review),
                ),
            ),
            Route(
                method="GET",
                path="/api/v2/notifications",
                handler=self.queue,
                summary="The oldest messages that wait to be sent",
                access="staff",
                parameters=(query("limit", whole(1, 100)),),
                answer=record(messages=array(message)),
            ),
            Route(
                method="POST",
                path="/api/v2/notifications/dispatch",
                handler=self.dispatch,
                summary="Send the oldest messages",
                access="staff",
                body=fields({}, {"limit": whole(1, 50)}),
                answer=record(
                    sent_count=COUNT,
                    failed_count=COUNT,
                    queued_count=COUNT,
                    messages=array(record(id=ID, status=one_of(*OUTCOMES))),
                ),
            ),
        ]

    async def review(self, request: web.Request) -> web.Response:
        """Store a review."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        appointment_id = parsing.body_id(body, "appointment_id")
        rating = parsing.body_count(body, "rating", 1, 5)
        comment = parsing.body_text(body, "comment", 1000, default="")
        review_id = await self._reviews.add(user, appointment_id, rating, comment)
        return json_response(
            {"id": review_id, "appointment_id": appointment_id, "rating": rating, "comment": comment}, 201
        )

    async def reviews(self, request: web.Request) -> web.Response:
        """Show a barber's reviews."""
        limit = parsing.query_count(request, "limit", default=10, maximum=100)
        return json_response(_reviews_body(await self._reviews.of_barber(parsing.path_id(request), limit)))

    async def queue(self, request: web.Request) -> web.Response:
        """Show what waits."""
        user = require_caller(request)
        limit = parsing.query_count(request, "limit", default=20, maximum=100)
        messages = await self._notifications.queued(user, limit)
        return json_response({"messages": [_message_body(message) for message in messages]})

    async def dispatch(self, request: web.Request) -> web.Response:
        """Send what waits."""
        user = require_caller(request)
        body = await parsing.read_json(request)
        limit = parsing.body_count(body, "limit", 1, 50, default=10)
        deliveries = await self._notifications.dispatch(user, limit)
        became = Counter(delivery.outcome for delivery in deliveries)
        return json_response(
            {
                **{f"{outcome}_count": became[outcome] for outcome in OUTCOMES},
                "messages": [
                    {"id": delivery.message.id, "status": delivery.outcome} for delivery in deliveries
                ],
            }
        )


def _reviews_body(found: BarberReviews) -> dict[str, Any]:
    average = round(found.rating_sum / found.review_count, 2) if found.review_count else None
    return {
        "barber_id": found.barber.id,
        "barber": found.barber.full_name,
        "review_count": found.review_count,
        "average_rating": average,
        "reviews": [
            {
                "id": review.id,
                "appointment_id": review.appointment_id,
                "rating": review.rating,
                "comment": review.comment,
                "client": review.client_name,
            }
            for review in found.newest
        ],
    }


def _message_body(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "appointment_id": message.appointment_id,
        "kind": message.kind,
        "channel": message.channel,
        "to": message.recipient,
        "text": message.body,
    }
