"""Whatever goes wrong becomes a JSON answer with a code and a sentence."""

import logging

import asyncpg
from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.domain.errors import (
    ConflictError,
    DeclinedError,
    ForbiddenError,
    InvalidError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    RequestError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)
from reference_app.storage.connections import DatabaseUnavailableError
from reference_app.web.bodies import error_body, written_response

_STATUS: dict[type[RequestError], int] = {
    MalformedError: 400,
    UnauthenticatedError: 401,
    DeclinedError: 402,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    InvalidError: 422,
    TooManyRequestsError: 429,
    UnavailableError: 503,
    OverloadedError: 503,
}
_DATABASE_IS_AWAY = (
    DatabaseUnavailableError,
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.QueryCanceledError,
)
_LOG = logging.getLogger(__name__)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every exception into an answer; a bug becomes a 500 and its traceback is logged."""
    try:
        return await handler(request)
    except RequestError as error:
        return error_response(error)
    except web.HTTPException as error:
        return _http_error(error)
    except _DATABASE_IS_AWAY as error:
        _LOG.warning("%s %s: the database does not answer: %s", request.method, request.path, error)
        return written_response(
            error_body("database_unavailable", "The database does not answer; try again."), 503
        )
    except Exception:  # noqa: BLE001 - the last resort: no caller may see a traceback
        _LOG.exception("%s %s failed", request.method, request.path)
        return written_response(error_body("internal_error", "Something went wrong on our side."), 500)


def error_response(error: RequestError) -> web.Response:
    """Answer a request that cannot be fulfilled."""
    response = written_response(error_body(error.code, error.message), _STATUS[type(error)])
    if isinstance(error, TooManyRequestsError | OverloadedError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _http_error(error: web.HTTPException) -> web.Response:
    code = error.reason.lower().replace(" ", "_")
    response = written_response(error_body(code, f"{error.reason}."), error.status)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response
