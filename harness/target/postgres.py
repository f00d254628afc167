"""The PostgreSQL server of a run: the embedded one, or one of the user's."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from harness.errors import MeasurementError, UsageError
from harness.target.cache_folder import cache_folder, hold_lock, require_free_disk
from harness.target.cluster import ADMIN_DATABASE, SETTINGS, Cluster, run_cluster
from harness.target.connection import check_url, connect, database_of, execute, fetch, mask, with_database

OLDEST_VERSION = 150000  # CREATE DATABASE ... STRATEGY came with 15
FREE_DISK_BYTES = 1 << 30  # a cluster, a template and two clones at scale 1, and their WAL
LOCK_KEY = int.from_bytes(b"kpibench", signed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A PostgreSQL server that is ours to use until the run ends."""

    admin_url: str = field(repr=False)
    """A database in which databases are made and dropped. Holds a password."""
    version: str
    settings: dict[str, str]
    """The settings that kpibench fixes on its own server, as this server reports them."""
    is_embedded: bool
    cluster: Cluster | None = field(default=None, repr=False)
    """The embedded server itself; None for the user's, which may be on another machine."""

    @property
    def postmaster_pid(self) -> int | None:
        """Process id of the embedded server; None for the user's."""
        return self.cluster.postmaster_pid if self.cluster else None

    def url(self, database_name: str) -> str:
        """Give the URL of a database on this server. Holds a password."""
        return with_database(self.admin_url, database_name)

    @property
    def masked_url(self) -> str:
        """The URL for messages and files: the password is hidden."""
        return mask(self.admin_url)


def require_alive(postgres: Postgres) -> None:
    """Check that the server still runs.

    Raises:
        MeasurementError: It does not.
    """
    if postgres.postmaster_pid is None:
        try:
            fetch(postgres.admin_url, "SELECT 1")
        except (UsageError, asyncpg.PostgresError):
            raise MeasurementError(
                f"The database server at {postgres.masked_url} no longer answers."
            ) from None
    elif not _runs(postgres.postmaster_pid):
        raise MeasurementError("The embedded PostgreSQL died: somebody killed it, or the memory ran out.")


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def open_postgres(
    *, database_url: str | None, cache_dir: Path | None = None, say: Callable[[str], None]
) -> Iterator[Postgres]:
    """Give a PostgreSQL server for the time of a `with` block.

    Args:
        database_url: A server of the user's, 15 or newer; None starts and stops the embedded one.
        cache_dir: Where the embedded server lives; None is the platform's cache folder.
        say: Is told what is done, one sentence each.

    Raises:
        UsageError: The server, the folder or the disk is not as it must be, or another run uses it.
        MeasurementError: The embedded server does not start.
    """
    if database_url is not None:
        with _users_server(database_url) as postgres:
            yield postgres
        return
    folder = cache_dir or cache_folder()
    with hold_lock(folder):
        require_free_disk(folder, FREE_DISK_BYTES)
        with run_cluster(folder, say=say) as cluster:
            execute(cluster.admin_url, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            yield _describe(cluster.admin_url, cluster)


@contextmanager
def _users_server(database_url: str) -> Iterator[Postgres]:
    check_url(database_url)
    admin_url = database_url if database_of(database_url) else with_database(database_url, ADMIN_DATABASE)
    _require_fit(admin_url)
    _offer_statistics(admin_url)
    with _hold_server(admin_url):
        yield _describe(admin_url, None)


def _require_fit(admin_url: str) -> None:
    row = fetch(
        admin_url,
        "SELECT current_setting('server_version') AS version,"
        " current_setting('server_version_num')::int AS number,"
        " rolname AS role, rolcreatedb OR rolsuper AS may FROM pg_roles WHERE rolname = current_user",
    )[0]
    require_version(row["version"], row["number"], place=mask(admin_url))
    if not row["may"]:
        raise UsageError(
            f"The role {row['role']!r} may not create databases at {mask(admin_url)}.",
            hint=f'Let an administrator run: ALTER ROLE "{row["role"]}" CREATEDB',
        )


def require_version(version: str, number: int, *, place: str) -> None:
    """Refuse a server that is too old, by its `server_version` and `server_version_num`."""
    if number < OLDEST_VERSION:
        raise UsageError(
            f"PostgreSQL {version} at {place} is too old: 15 or newer.",
            hint="Name a newer server, or leave --database-url out to use the embedded one.",
        )


def _offer_statistics(admin_url: str) -> None:
    """Create pg_stat_statements where the server has it and lets us; a run does without it."""
    try:
        execute(admin_url, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    except asyncpg.PostgresError:
        return


@contextmanager
def _hold_server(admin_url: str) -> Iterator[None]:
    """Be the only kpibench on this server, from whichever machine, as long as our connection lives."""
    with asyncio.Runner() as runner:
        connection: asyncpg.Connection[Any] = runner.run(connect(admin_url))
        try:
            if not runner.run(connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY)):
                raise UsageError(
                    f"Another kpibench is measuring on the database server {mask(admin_url)}.",
                    hint="Wait until it has ended, or name another server.",
                )
            yield
        finally:
            runner.run(_close(connection))


async def _close(connection: "asyncpg.Connection[Any]") -> None:
    try:
        await connection.close(timeout=5)
    except (asyncpg.PostgresError, OSError):  # the server went away first
        connection.terminate()


def _describe(admin_url: str, cluster: Cluster | None) -> Postgres:
    rows = fetch(
        admin_url,
        "SELECT lower(name) AS name, current_setting(name) AS value"
        " FROM pg_settings WHERE lower(name) = ANY($1) ORDER BY 1",
        [*SETTINGS, "server_version"],
    )
    values = {row["name"]: row["value"] for row in rows}
    return Postgres(
        admin_url=admin_url,
        version=values.pop("server_version"),
        settings=values,
        is_embedded=cluster is not None,
        cluster=cluster,
    )
