"""One statement on a database, without asyncio at the caller's side, and every fault as one sentence."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import asyncpg

from harness.errors import UsageError

T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0
URL_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


def check_url(url: str) -> None:
    """Refuse what is no PostgreSQL URL.

    Raises:
        UsageError: It is none; the message does not repeat it, for it may hold a password.
    """
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"postgresql", "postgres"} and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        raise UsageError("The database URL is not a PostgreSQL URL.", hint=f"It looks like this: {URL_FORM}")


def with_database(url: str, database_name: str) -> str:
    """Give the URL of another database on the same server."""
    parts = urlsplit(url)
    rest = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{quote(database_name, safe='')}{rest}"


def database_of(url: str) -> str:
    """Give the database that a URL names, empty if it names none."""
    return urlsplit(url).path.lstrip("/")


def mask(url: str) -> str:
    """Give the URL with its password hidden, for messages and files."""
    parts = urlsplit(url)
    account, at, place = parts.netloc.rpartition("@")
    if ":" in account:
        account = f"{account.partition(':')[0]}:***"
    query = [(key, "***" if key == "password" else value) for key, value in parse_qsl(parts.query)]
    rest = f"?{urlencode(query, safe='*/')}" if query else ""
    return f"{parts.scheme}://{account}{at}{place}{parts.path}{rest}"


def mask_in(text: str, url: str) -> str:
    """Hide the password of `url` wherever `text` repeats it, as it stands in the URL and decoded."""
    parts = urlsplit(url)
    in_account = parts.netloc.rpartition("@")[0].partition(":")[2]
    in_query = dict(parse_qsl(parts.query)).get("password", "")
    for secret in {in_account, unquote(in_account), in_query, quote(in_query, safe="")}:
        if secret:
            text = text.replace(secret, "***")
    return text


def fetch(url: str, statement: str, *arguments: object) -> list[dict[str, Any]]:
    """Run one statement and give its rows.

    Raises:
        UsageError: The server cannot be reached or does not let us in.
        asyncpg.PostgresError: The statement fails.
    """

    async def run(connection: "asyncpg.Connection[Any]") -> list[dict[str, Any]]:
        return [dict(row) for row in await connection.fetch(statement, *arguments)]

    return with_connection(url, run)


def execute(url: str, *statements: str) -> None:
    """Run statements one after the other, each on its own, on one connection.

    Raises:
        UsageError: The server cannot be reached or does not let us in.
        asyncpg.PostgresError: A statement fails.
    """

    async def run(connection: "asyncpg.Connection[Any]") -> None:
        for statement in statements:
            await connection.execute(statement)

    with_connection(url, run)


def with_connection(url: str, work: Callable[["asyncpg.Connection[Any]"], Awaitable[T]]) -> T:
    """Connect, do the work, disconnect."""

    async def run() -> T:
        connection = await connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


async def connect(url: str) -> "asyncpg.Connection[Any]":
    """Connect, or say in one sentence why that is impossible.

    Raises:
        UsageError: The server cannot be reached or does not let us in.
    """
    try:
        return await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ssl.SSLError, ValueError) as error:
        raise _refusal(url, error) from None


def _refusal(url: str, error: Exception) -> UsageError:
    place = mask(url)
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return UsageError(
                f"The database server at {place} does not let this user in.",
                hint="Check the user and the password in the database URL.",
            )
        case asyncpg.InvalidCatalogNameError():
            return UsageError(
                f"The database {database_of(url)!r} does not exist at {place}.",
                hint="Name one that exists in the database URL; 'postgres' nearly always does.",
            )
        case TimeoutError():
            what = f"did not answer within {CONNECT_TIMEOUT_S:.0f} seconds"
        case asyncpg.PostgresError() | ssl.SSLError():
            what = f"refused the connection: {mask_in(str(error), url).splitlines()[0]}"
        case OSError():
            what = "cannot be reached"
        case _:
            return UsageError(
                f"The database URL {place} cannot be used: {mask_in(str(error), url)}.",
                hint=f"It looks like this: {URL_FORM}",
            )
    return UsageError(
        f"The database server at {place} {what}.",
        hint="Check host and port, and that the server runs: psql with the same URL must work.",
    )
