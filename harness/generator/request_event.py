"""Locust's request event with the open loop's own figure: written to the samples and shown by Locust."""

import time
from typing import Any

import gevent
from locust.event import EventHook

from harness.generator.arrival import SentRequest
from harness.generator.open_loop import SENT_REQUEST, OpenLoopUser


class OpenLoopRequestEvent(EventHook):
    """Stands in for `events.request` and keeps its listeners; each request still fires once.

    Locust's clients time a request from its send. What the listeners get, and so Locust's
    statistics and charts, is the response time from the moment when it should have been sent.
    """

    def __init__(self, handlers: list[Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._handlers = handlers

    def fire(self, *, reverse: bool = False, **report: Any) -> None:
        """Record the request where a user of ours sent it, correct its time, and tell the listeners."""
        request = _request_of(report)
        if request is None or request.arrival is None:
            _note_failed_set_up(report)
        else:
            request.arrival.slice.record(request, report)
            report["response_time"] = _response_time_ms(request, report)
        if self._handlers:
            super().fire(reverse=reverse, **report)  # type: ignore[no-untyped-call]


def watch_requests(environment: Any, *, with_statistics: bool) -> None:
    """See every request that is reported from now on, before anybody else does.

    Args:
        environment: Locust's.
        with_statistics: False takes Locust's own statistics off the event, which cost as much as our rows and
            which nobody reads under the harness. All others who listen go on listening.
    """
    listening = environment.events.request._handlers  # noqa: SLF001  - no public way to see them
    if not with_statistics:
        listening = [
            handler for handler in listening if getattr(handler, "__module__", "") != "locust.runners"
        ]
    environment.events.request = OpenLoopRequestEvent(listening)


def _request_of(report: dict[str, Any]) -> SentRequest | None:
    """Return the request that is reported; None where no user of ours can have sent it."""
    request: SentRequest | None = getattr(report.get("response"), SENT_REQUEST, None)
    if request is None and (user := _current_user()) is not None:
        request = _reconstruct(user, report)
    return request


def _note_failed_set_up(report: dict[str, Any]) -> None:
    if report.get("exception") is not None and (user := _current_user()) is not None:
        user.set_up_error = "{request_type} {name}: {exception}".format_map(report)


def _response_time_ms(request: SentRequest, report: dict[str, Any]) -> float | None:
    service_ms: float | None = report["response_time"]
    return None if service_ms is None else service_ms + (request.sent_ns - request.scheduled_ns) / 1e6


def _reconstruct(user: OpenLoopUser, report: dict[str, Any]) -> SentRequest:
    """Return what a client of the scenario's own, which only fires Locust's event, must have sent."""
    request = user.send(report["request_type"], report["name"])
    if request.arrival is not None:
        request.arrival.slice.note_answer(request)
    request.sent_ns = time.monotonic_ns() - round((report["response_time"] or 0.0) * 1e6)
    request.scheduled_ns = min(request.scheduled_ns, request.sent_ns)
    return request


def _current_user() -> OpenLoopUser | None:
    """Return the user whose greenlet runs: Locust starts it with the user as its argument."""
    arguments = getattr(gevent.getcurrent(), "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], OpenLoopUser) else None
