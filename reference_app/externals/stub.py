"""A stand-in for four other companies' servers, in a process of its own, with latency and failures as told.

It waits by `asyncio.sleep`: the time that another company takes is none of the backend's work. Whatever is
asked twice with one key happens once. Answers follow from the key alone, so that every run is the same.

    PUT /control/payments  {"mode": "hang", "latency_ms": 20}     modes: ok, fail, decline, hang
    GET /control           how each service is set, and how often it was asked
"""

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from aiohttp import web

Mode = Literal["ok", "fail", "decline", "hang"]
MODES: tuple[Mode, ...] = get_args(Mode)
SERVICES = ("payments", "email", "sms", "calendar")
_MOST_LATENCY_MS = 600_000.0
_HANG_S = 3600.0


@dataclass(slots=True)
class ServiceState:
    """How one service is set, and how often it was asked."""

    mode: Mode
    latency_ms: float
    request_count: int = 0


class Stub:
    """All four services behind one port."""

    def __init__(self, latency_ms: float) -> None:
        self._states = {name: ServiceState(mode="ok", latency_ms=latency_ms) for name in SERVICES}
        self._done: dict[str, dict[str, Any]] = {}
        """What was asked for with each key."""

    def app(self) -> web.Application:
        """Make the application that serves them."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/control", self._show),
                web.put("/control/{service}", self._set),
                web.post("/payments/charges", self._serve("payments", "ch")),
                web.post("/payments/refunds", self._serve("payments", "re")),
                web.post("/email/messages", self._serve("email", "em")),
                web.post("/sms/messages", self._serve("sms", "sm")),
                web.post("/calendar/events", self._serve("calendar", "ev")),
            ]
        )
        return app

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response({name: asdict(state) for name, state in self._states.items()})

    async def _set(self, request: web.Request) -> web.Response:
        state = self._states.get(request.match_info["service"])
        body = await _object(request)
        if state is None or body is None:
            return web.json_response({"error": f"services: {', '.join(SERVICES)}"}, status=404)
        mode, latency_ms = body.get("mode", state.mode), body.get("latency_ms", state.latency_ms)
        if mode not in MODES or not _is_latency(latency_ms):
            return web.json_response({"error": f"modes: {', '.join(MODES)}; latency_ms >= 0"}, status=422)
        state.mode, state.latency_ms = mode, float(latency_ms)
        return web.json_response(asdict(state))

    def _serve(self, service: str, prefix: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            state = self._states[service]
            state.request_count += 1
            body = await _object(request)
            await asyncio.sleep(_HANG_S if state.mode == "hang" else state.latency_ms / 1e3)
            if state.mode == "fail":
                return web.json_response({"error": "out of order"}, status=500)
            if state.mode == "decline":
                return web.json_response({"error": "declined"}, status=402)
            return self._answer(prefix, body)

        return serve

    def _answer(self, prefix: str, body: dict[str, Any] | None) -> web.Response:
        key = body.get("key") if body else None
        if body is None or not isinstance(key, str):
            return web.json_response({"error": "a JSON object with a key, please"}, status=422)
        reference = f"{prefix}_{hashlib.sha256(key.encode()).hexdigest()[:20]}"
        if self._done.setdefault(reference, body) != body:
            return web.json_response({"error": "this key was used for something else"}, status=409)
        return web.json_response({"reference": reference}, status=201)


def _is_latency(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(float(value)) and 0 <= float(value) <= _MOST_LATENCY_MS  # type: ignore[arg-type]  # a number by now


async def _object(request: web.Request) -> dict[str, Any] | None:
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
