"""The global locator: every service by its name, made at once, started one after the other."""

import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, cast

from reference_app.domain.errors import RequestError
from reference_app.families.catalogue import FAMILIES
from reference_app.families.duty import Subject
from reference_app.legacy.services.catalogue import make_services
from reference_app.legacy.services.service import Service
from reference_app.middleware.claims import read_claims
from reference_app.services.registry import ServiceParts, ServiceState, T

_SUBJECT_FIELDS = frozenset(field.name for field in fields(Subject))


class ServiceLocator:
    """Holds all services, and puts a family in front of each service of the domain."""

    def __init__(self, parts: ServiceParts) -> None:
        self.start_s = 0.0
        self._started_at: datetime | None = None
        self._parts = parts
        self._settings = parts.settings
        self._connections = parts.connections
        self._today = parts.loaded.anchor_date
        self._domain: dict[str, _Front] = {}
        self._services = {service.name: service for service in make_services(parts.settings)}

    async def start(self) -> None:
        """Start every service, whether or not anybody will ever need it."""
        started = time.perf_counter()
        await self._connections.open()
        await self._parts.gateway.open()
        await self._parts.changes.open()
        for family in FAMILIES:
            async with self._connections.use() as connection:
                for service in self.family(family):
                    await service.start(connection)
                    service.started_at = datetime.now(UTC)
        self.start_s = time.perf_counter() - started
        self._started_at = datetime.now(UTC)

    async def stop(self) -> None:
        """Close what the services stand on; they themselves have nothing to end."""
        await self._parts.changes.close()
        await self._parts.gateway.close()
        await self._connections.close()

    async def check_health(self) -> None:
        """Do nothing: no service knows how it is."""

    def get(self, name: str) -> Service:
        """Find a service by its name."""
        return self._services[name]

    def family(self, name: str) -> list[Service]:
        """Find the services of a family, in the order of its catalogue."""
        return [service for service in self._services.values() if service.family == name]

    def front(self, service: T, name: str, family: str) -> T:
        """Let every call of the service pass through a family first."""
        front = self._domain[name] = _Front(service, family, self)
        return cast("T", front)

    def states(self) -> Sequence[ServiceState]:
        """List the services of all families, and those of the domain."""
        legacy = [
            ServiceState(
                name=service.name,
                family=service.family,
                call_count=service.call_count,
                error_count=service.error_count,
                busy_s=service.busy_s,
                started_at=service.started_at,
            )
            for service in self._services.values()
        ]
        domain = [
            ServiceState(
                name=name,
                family="domain",
                call_count=front.call_count,
                error_count=front.error_count,
                busy_s=front.busy_s,
                started_at=self._started_at,
            )
            for name, front in self._domain.items()
        ]
        return [*legacy, *domain]

    async def consult(self, family: str, arguments: dict[str, Any]) -> None:
        """Have each service of a family work out its figure about a call, one after the other."""
        subject = self._subject(arguments)
        async with self._connections.use() as connection:
            for service in self.family(family):
                await self.get(service.name).run(connection, subject)

    def _subject(self, arguments: dict[str, Any]) -> Subject:
        """Collect what the arguments, and the objects among them, tell of the subject."""
        told: dict[str, Any] = {}
        for name, value in arguments.items():
            if is_dataclass(value):
                candidates = {field: getattr(value, field, None) for field in _SUBJECT_FIELDS}
                told |= {field: found for field, found in candidates.items() if found is not None}
            if name in _SUBJECT_FIELDS and value is not None:
                told[name] = value
        claims = (
            read_claims(arguments["token"], self._settings.token_secret) if "token" in arguments else None
        )
        if claims is not None:
            told |= {"email": claims.email, "user_id": claims.user_id}
        return Subject(**{"day": self._today, **told})


class _Front:
    """Stands in for a service of the domain."""

    def __init__(self, service: object, family: str, locator: ServiceLocator) -> None:
        self.call_count = 0
        self.error_count = 0
        self.busy_s = 0.0
        self._service = service
        self._family = family
        self._locator = locator

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._service, name)
        return self._through_family(operation) if inspect.iscoroutinefunction(operation) else operation

    def _through_family(self, operation: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        signature = inspect.signature(operation)

        @functools.wraps(operation)
        async def consulted_first(*values: Any, **named: Any) -> Any:
            self.call_count += 1
            started = time.perf_counter()
            try:
                await self._locator.consult(self._family, signature.bind(*values, **named).arguments)
                return await operation(*values, **named)
            except RequestError:
                raise  # a refusal is an answer
            except Exception:
                self.error_count += 1
                raise
            finally:
                self.busy_s += time.perf_counter() - started

        return consulted_first
