"""The OpenAPI 3.1 document, made from the routes that the application serves."""

from collections import defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from reference_app.web.route import Parameter, Route
from reference_app.web.schema import ID, TEXT, Schema, record

_ERROR = {"$ref": "#/components/schemas/Error"}
_ANYWHERE = (400, 401, 422, 429, 503)
"""No JSON, a token that is no good, a value that makes no sense, too many of one caller's or of all."""
_WITH_BODY = (413,)
_SIGNED_IN = (403,)


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Describe the API."""
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Booking backend",
            "version": "2.0.0",
            "description": "Moments carry their offset from UTC, money is in cents.",
        },
        "paths": dict(paths),
        "components": {
            "schemas": {"Error": record(error=record(code=TEXT, message=TEXT))},
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "responses": {
            str(route.status): _response(route.status, route.answer, route.media),
            **{str(status): _response(status, _ERROR) for status in _refusals(route)},
        },
    }
    parameters = [
        *({"name": name, "in": "path", "required": True, "schema": ID} for name in route.path_parameters),
        *(_parameter(parameter) for parameter in route.parameters),
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.access != "public":
        operation["security"] = [{"session": []}]
        operation["description"] = f"Access: {route.access}."
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": route.body}},
        }
    return operation


def _operation_id(route: Route) -> str:
    words = [word.strip("{}").replace("-", "_").replace(".", "_") for word in route.path.split("/") if word]
    return "_".join([route.method.lower(), *words])


def _refusals(route: Route) -> list[int]:
    statuses = {*_ANYWHERE, *route.refusals}
    if route.body is not None:
        statuses.update(_WITH_BODY)
    if route.access != "public":
        statuses.update(_SIGNED_IN)
    if route.path_parameters:
        statuses.add(HTTPStatus.NOT_FOUND)
    return sorted(statuses)


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.is_required,
        "schema": parameter.schema,
    }


def _response(status: int, schema: Schema, media: str = "application/json") -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {media: {"schema": schema}},
    }
