"""OptimizedServiceRegistry: a dozen services on svcs, made when first called, stopped in reverse order."""

import asyncio
import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any, cast

import svcs

from reference_app.domain.errors import RequestError
from reference_app.failure import StartError
from reference_app.families.catalogue import FAMILIES
from reference_app.families.duty import Subject
from reference_app.services.definitions import ServiceDefinition, definitions
from reference_app.services.figures import Figures
from reference_app.services.registry import Lifecycle, ServiceParts, ServiceState, T
from reference_app.storage.connections import Connections

PING_S = 10.0
"""Longer than anybody waits for a session of the database."""


@dataclass(slots=True)
class _Record:
    """A service's definition and how it does."""

    definition: ServiceDefinition
    lifecycle: Lifecycle = "uninitialized"
    call_count: int = 0
    error_count: int = 0
    busy_s: float = 0.0
    started_at: datetime | None = None
    is_healthy: bool = True


class OptimizedServiceRegistry:
    """Holds what is defined. What must run from the start is started; all else when it is first called."""

    def __init__(self, connections: Connections, defined: Sequence[ServiceDefinition]) -> None:
        self.start_s = 0.0
        self._connections = connections
        self._records = {definition.name: _Record(definition) for definition in defined}
        self._order = start_order(defined)
        self._parts: dict[str, Any] = {}
        self._started: list[_Record] = []
        registry = svcs.Registry()
        for definition in defined:
            make = functools.partial(definition.make, self._parts)
            registry.register_factory(definition.kind, make, ping=definition.ping)
        self._container = svcs.Container(registry)

    async def start(self) -> None:
        """Start what must run from the start, after what it needs.

        Raises:
            StartError: a service cannot start; those that had been started are stopped again.
        """
        started = time.perf_counter()
        for record in map(self._records.__getitem__, self._order):
            if record.definition.start is not None:
                await self._start(record)
        self.start_s = time.perf_counter() - started

    async def stop(self) -> None:
        """Stop what was started, last first; one that fails keeps none of the others from it."""
        failures = []
        while self._started:
            record = self._started.pop()
            record.lifecycle = "shutting down"
            try:
                if record.definition.stop is not None:
                    await record.definition.stop()
                record.lifecycle = "shut down"
            except Exception as error:  # noqa: BLE001 - raised below, when the others have been stopped
                record.lifecycle = "error"
                failures.append(error)
        await self._container.aclose()
        for record in self._records.values():
            if record.lifecycle == "ready":
                record.lifecycle = "shut down"
        if failures:
            raise failures[0]

    def front(self, service: T, name: str, family: str) -> T:  # noqa: ARG002 - the definitions tell families
        """Register a part of a service; answer what stands for that service, and makes it when it is called.

        Raises:
            StartError: no service is defined that would hold this part.
        """
        self._parts[name] = service
        for record in self._records.values():
            if name in record.definition.parts:
                return cast("T", _Handle(functools.partial(self._operation, record)))
        raise StartError(f"No service is defined that holds {name!r}.")

    async def work_out(self, duty: str, subject: Subject) -> Any:
        """Work out a figure that had a service of its own before; a call of the service that has it now."""
        record = next(
            record
            for record in self._records.values()
            for family in record.definition.families
            if duty in (known.name for known in FAMILIES[family])
        )
        duties = [known for family in record.definition.families for known in FAMILIES[family]]
        figures = Figures(self._connections, duties)
        return await _counted(record, figures.work_out)(duty, subject)

    async def check_health(self) -> None:
        """Ask those that live and know how to tell."""
        pings = {ping.name: ping for ping in self._container.get_pings()}
        for record in self._records.values():
            ping = pings.get(_full_name(record.definition.kind))
            record.is_healthy = record.lifecycle != "error"
            if ping is not None and record.lifecycle == "ready":
                try:
                    async with asyncio.timeout(PING_S):
                        await ping.aping()
                except Exception:  # noqa: BLE001 - whatever it is, the service is not well
                    record.is_healthy = False

    def states(self) -> Sequence[ServiceState]:
        """List the services in the order of their start."""
        return [
            ServiceState(
                name=record.definition.name,
                family=record.definition.families[0] if record.definition.families else "foundation",
                call_count=record.call_count if record.definition.parts else None,
                error_count=record.error_count,
                busy_s=record.busy_s,
                started_at=record.started_at,
                lifecycle=record.lifecycle,
                is_healthy=record.is_healthy,
            )
            for record in map(self._records.__getitem__, self._order)
        ]

    async def _start(self, record: _Record) -> None:
        definition = record.definition
        record.lifecycle = "initializing"
        try:
            self._container.get(definition.kind)
            if definition.start is not None:
                await definition.start()
        except Exception as error:
            record.lifecycle = "error"
            await self.stop()
            reason = str(error) or type(error).__name__
            raise StartError(f"Service {definition.name!r} could not start: {reason}") from error
        record.lifecycle = "ready"
        record.started_at = datetime.now(UTC)
        self._started.append(record)

    def _operation(self, record: _Record, name: str) -> Any:
        """Find an operation of a service, which is made for it if it has not been."""
        if record.lifecycle in {"uninitialized", "error"}:
            record.lifecycle = "initializing"
            try:
                self._container.get(record.definition.kind)
            except Exception:
                record.lifecycle = "error"
                raise
            record.lifecycle = "ready"
            record.started_at = datetime.now(UTC)
        operation = getattr(self._container.get(record.definition.kind), name)
        return _counted(record, operation) if inspect.iscoroutinefunction(operation) else operation


class _Handle:
    """Stands for a service before there is one; looks an operation up once and keeps it."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def __getattr__(self, name: str) -> Any:
        operation = self._find(name)
        self.__dict__[name] = operation
        return operation


def start_order(defined: Sequence[ServiceDefinition]) -> list[str]:
    """Put the services into an order in which each comes after what it needs.

    Raises:
        StartError: a need is not defined, or services need each other in a circle, which is named.
    """
    needs: Mapping[str, tuple[str, ...]] = {definition.name: definition.needs for definition in defined}
    for name, needed in needs.items():
        unknown = sorted(set(needed) - set(needs))
        if unknown:
            raise StartError(f"Service {name!r} needs {unknown[0]!r}, which is not defined.")
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise StartError(f"Services need each other in a circle: {circle}.") from None


def make_registry(parts: ServiceParts) -> OptimizedServiceRegistry:
    """Make the registry of AFTER."""
    return OptimizedServiceRegistry(parts.connections, definitions(parts))


def _counted(record: _Record, operation: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(operation)
    async def counted(*values: Any, **named: Any) -> Any:
        started = time.perf_counter()
        record.call_count += 1
        try:
            return await operation(*values, **named)
        except RequestError:
            raise  # a refusal is an answer
        except Exception:
            record.error_count += 1
            raise
        finally:
            record.busy_s += time.perf_counter() - started

    return counted


def _full_name(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
