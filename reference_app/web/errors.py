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
    NotAskedError,
    NotFoundError,
    OverloadedError,
    RequestError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)
from reference_app.monitoring.database_watch import DatabaseWatch
from reference_app.storage.connections import SESSION_BROKE, DatabaseUnavailableError
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
    NotAskedError: 503,
    OverloadedError: 503,
}
DATABASE_WATCH = web.AppKey("database_watch", DatabaseWatch)
RETRY_AFTER_S = 1

_DATABASE_IS_AWAY = (
    DatabaseUnavailableError,
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
_DATABASE_GAVE_UP = (*SESSION_BROKE, asyncpg.QueryCanceledError)
"""A session that ended under its user, or a statement that took too long: the database itself may be well."""
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
        request.app[DATABASE_WATCH].lost(str(error) or type(error).__name__)
        return _database_unavailable()
    except _DATABASE_GAVE_UP as error:
        _LOG.warning("%s %s: the database did not answer: %s", request.method, request.path, error)
        return _database_unavailable()
    except Exception:  # noqa: BLE001 - the last resort: no caller may see a traceback
        _LOG.exception("%s %s failed", request.method, request.path)
        return written_response(error_body("internal_error", "Something went wrong on our side."), 500)


def status_of(error: RequestError) -> int:
    """Tell the HTTP status of a request that cannot be fulfilled."""
    return _STATUS[type(error)]


def error_response(error: RequestError) -> web.Response:
    """Answer a request that cannot be fulfilled."""
    response = written_response(error_body(error.code, error.message), status_of(error))
    if isinstance(error, TooManyRequestsError | OverloadedError | UnavailableError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _database_unavailable() -> web.Response:
    """Answer a request for which the database would be needed, while it is away."""
    response = written_response(
        error_body("database_unavailable", "The database does not answer; try again."), 503
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _http_error(error: web.HTTPException) -> web.Response:
    code = error.reason.lower().replace(" ", "_")
    response = written_response(error_body(code, f"{error.reason}."), error.status)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response
