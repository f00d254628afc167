"""Route: one endpoint and what the OpenAPI document tells about it."""

import re
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.caching.rules import CacheRule
from reference_app.web.bodies import JsonResponse
from reference_app.web.json_codec import JSON
from reference_app.web.schema import ID, Schema

Access = Literal["public", "signed in", "staff", "owner"]
"""Who may call: everybody, any account, the staff of the location and the owner, the owner alone."""

_PATH_ID = re.compile(r"\{(\w*id)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of the query string, or a header."""

    name: str
    schema: Schema
    is_required: bool = False
    place: Literal["query", "header"] = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An endpoint: its path, who answers it, and what may be asked and answered."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    """With `{id}` for an id, as OpenAPI writes it."""
    handler: Handler
    summary: str
    answer: Schema
    status: int = 200
    media: str = "application/json"
    """What the answer is written in; refusals are always JSON."""
    access: Access = "public"
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None
    refusals: tuple[int, ...] = ()
    """Statuses of errors beside those that any endpoint may answer."""
    cache: CacheRule | None = None
    """How answers may be kept; without a rule none is."""
    is_of_location: bool = False
    """Whether the id in the path is a location that only its own people may see."""

    @property
    def definition(self) -> web.RouteDef:
        """The route as aiohttp takes it: an id is a number of at most 19 digits, all else is not found."""
        path = _PATH_ID.sub(r"{\1:[0-9]{1,19}}", self.path)
        if self.method == "GET":
            return web.get(path, _written(self.handler))
        return web.route(self.method, path, _written(self.handler))

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names of the ids in the path."""
        return tuple(_PATH_ID.findall(self.path))


def _written(handler: Handler) -> Handler:
    async def answered(request: web.Request) -> web.StreamResponse:
        response = await handler(request)
        if isinstance(response, JsonResponse):
            response.write_body(request.app[JSON])
        return response

    return answered


def query(name: str, schema: Schema, *, is_required: bool = False) -> Parameter:
    """Describe a parameter of the query string."""
    return Parameter(name=name, schema=schema, is_required=is_required)


def query_id(name: str, *, is_required: bool = False) -> Parameter:
    """Describe an id in the query string."""
    return query(name, ID, is_required=is_required)


IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    schema={"type": "string", "pattern": "^[ -~]{1,200}$", "description": "Makes it safe to send again."},
    place="header",
)
