"""AFTER's services, one line for each: what it stands on, whose duties it took over, and how it is made."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reference_app.caching.changes import Changes
from reference_app.domain.errors import UnavailableError
from reference_app.externals.gateway import Gateway
from reference_app.services.care import NotificationService, ReviewService, WaitlistService
from reference_app.services.consolidated_analytics import ConsolidatedAnalyticsService
from reference_app.services.consolidated_auth import ConsolidatedAuthService
from reference_app.services.consolidated_booking import ConsolidatedBookingService
from reference_app.services.consolidated_places import ConsolidatedPlaceService
from reference_app.services.payments import PaymentService
from reference_app.services.ports import ClientQuery
from reference_app.services.registry import ServiceParts
from reference_app.storage.connections import Connections

Parts = Mapping[str, Any]
"""Services of the domain by the names under which they were registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDefinition:
    """One service of the registry."""

    name: str
    kind: type[Any]
    """The type by which it is found; one service for each."""
    needs: tuple[str, ...] = ()
    """Services that must be ready before it is."""
    parts: tuple[str, ...] = ()
    """What it is put together from; a call of each of these reaches this service."""
    families: tuple[str, ...] = ()
    """Families of BEFORE whose duties are its own now."""
    make: Callable[[Parts], Any]
    start: Callable[[], Awaitable[None]] | None = None
    """What must happen before the first request; without it the service is made when it is called."""
    stop: Callable[[], Awaitable[None]] | None = None
    ping: Callable[[Any], Awaitable[None]] | None = None
    """Raises when the service, which it is given, is not well."""


class Watch:
    """Stands for the monitoring of the business; its figures are its duties."""


def definitions(parts: ServiceParts) -> tuple[ServiceDefinition, ...]:
    """List AFTER's services, those that others need first."""
    connections, gateway, changes = parts.connections, parts.gateway, parts.changes
    return (
        ServiceDefinition(
            name="database",
            kind=Connections,
            make=lambda _: connections,
            start=connections.open,
            stop=connections.close,
            ping=_answers,
        ),
        ServiceDefinition(
            name="externals",
            kind=Gateway,
            families=("integration", "webhook"),
            make=lambda _: gateway,
            start=gateway.open,
            stop=gateway.close,
        ),
        ServiceDefinition(
            name="changes",
            kind=Changes,
            needs=("database",),
            families=("cache",),
            make=lambda _: changes,
            start=changes.open,
            stop=changes.close,
        ),
        *_of_the_domain(),
        ServiceDefinition(
            name="watch",
            kind=Watch,
            needs=("database",),
            families=("monitoring",),
            make=lambda _: Watch(),
        ),
    )


def _of_the_domain() -> tuple[ServiceDefinition, ...]:
    return (
        ServiceDefinition(
            name="auth",
            kind=ConsolidatedAuthService,
            needs=("database", "changes"),
            parts=("accounts", "second_factor"),
            families=("auth", "compliance"),
            make=lambda parts: ConsolidatedAuthService(parts["accounts"], parts["second_factor"]),
        ),
        ServiceDefinition(
            name="booking",
            kind=ConsolidatedBookingService,
            needs=("database", "changes"),
            parts=("booking", "availability", "next_slots", "location_days", "visits"),
            families=("booking", "scheduling", "calendar"),
            make=lambda parts: ConsolidatedBookingService(
                parts["booking"],
                parts["availability"],
                parts["next_slots"],
                parts["location_days"],
                parts["visits"],
            ),
        ),
        ServiceDefinition(
            name="analytics",
            kind=ConsolidatedAnalyticsService,
            needs=("database",),
            parts=("histories", "revenue", "analytics"),
            families=("analytics", "reporting", "ai"),
            make=lambda parts: ConsolidatedAnalyticsService(
                parts["histories"], parts["revenue"], parts["analytics"]
            ),
        ),
        ServiceDefinition(
            name="places",
            kind=ConsolidatedPlaceService,
            needs=("database",),
            parts=("directory", "places"),
            families=("location", "franchise"),
            make=lambda parts: ConsolidatedPlaceService(parts["directory"], parts["places"]),
        ),
        _single("clients", ClientQuery, ("client", "loyalty")),
        _single("waitlist", WaitlistService, ("waitlist",), "changes"),
        _single("payments", PaymentService, ("payment",), "changes", "externals"),
        _single("reviews", ReviewService, ("review",), "changes"),
        _single("notifications", NotificationService, ("notification", "marketing"), "externals"),
    )


def _single(name: str, kind: type[Any], families: tuple[str, ...], *needs: str) -> ServiceDefinition:
    """Define a service that is its only part."""
    return ServiceDefinition(
        name=name,
        kind=kind,
        needs=("database", *needs),
        parts=(name,),
        families=families,
        make=lambda parts: parts[name],
    )


async def _answers(connections: Connections) -> None:
    # Where all sessions are lent, the database works; that nobody gets one is told by their pool.
    with contextlib.suppress(UnavailableError):
        async with connections.use() as connection:
            await connection.fetchrow("SELECT 1")
