"""The same state before each round: a template per data set, a fresh clone of it for each use."""

import hashlib
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg

from harness.errors import MeasurementError, UsageError
from harness.model.variant import DatabaseRecipe, Variant
from harness.target.child import start_child, stop_group
from harness.target.command import cannot_start, fill, last_lines
from harness.target.connection import execute, fetch, mask_in
from harness.target.postgres import Postgres

CLONE_PREFIX = "kpibench_run_"
_BUILDING_PREFIX = "kpibench_building_"
_TEMPLATE_PREFIX = "kpibench_"
_FINGERPRINT_TIMEOUT_S = 60.0
_LOAD_GRACE_S = 5.0


def remove_leftovers(postgres: Postgres, *, say: Callable[[str], None]) -> None:
    """Drop the clones and half-built templates of runs that died; we are the only kpibench on this server."""
    rows = fetch(
        postgres.admin_url,
        "SELECT datname FROM pg_database WHERE starts_with(datname, $1) OR starts_with(datname, $2)",
        CLONE_PREFIX,
        _BUILDING_PREFIX,
    )
    if rows:
        say(f"Dropping {len(rows)} databases that an earlier run left behind.")
    for row in rows:
        drop(postgres, row["datname"])


def prepare_template(
    postgres: Postgres,
    variant: Variant,
    *,
    scale: float,
    seed: int,
    say: Callable[[str], None],
    log_path: Path,
) -> str:
    """Give the name of the template database that holds the variant's data, building it if there is none.

    It is built under another name, then vacuumed, renamed and marked as a template in one transaction: what
    bears its name is whole.

    Args:
        postgres: The server.
        variant: Has a database recipe.
        scale: `{scale}` of its commands.
        seed: `{seed}` of its commands.
        say: Is told what is done, and each line that the load command writes to stderr.
        log_path: Keeps everything that the load command writes.

    Raises:
        UsageError: A command of the recipe cannot be started.
        MeasurementError: A command fails.
    """
    if variant.database is None:
        raise ValueError(f"variant {variant.id!r} has no database")
    values = _values(variant, scale, seed)
    digest = _fingerprint(variant.database, values)
    template = _TEMPLATE_PREFIX + digest
    if not _is_complete(postgres, template):
        say(f"Building the database of {variant.id!r} at scale {scale:g} (once).")
        _build(postgres, variant.database, values, digest=digest, say=say, log_path=log_path)
    return template


def template_name(variant: Variant, *, scale: float, seed: int) -> str:
    """Give the name that `prepare_template` would give, without a server: equal names mean equal data.

    Raises:
        UsageError: The fingerprint command cannot be started.
        MeasurementError: It fails.
    """
    if variant.database is None:
        raise ValueError(f"variant {variant.id!r} has no database")
    return _TEMPLATE_PREFIX + _fingerprint(variant.database, _values(variant, scale, seed))


def clone(postgres: Postgres, template: str, name: str) -> str:
    """Make a fresh copy of a template and give its URL.

    Files are copied, not rows through the WAL: 100 MB took 0.15 s against 0.23 s, and the copy leaves no
    dirty pages whose writing would fall into the measurement.

    Args:
        postgres: The server.
        template: As `prepare_template` gave it.
        name: Begins with `CLONE_PREFIX`, so that the next run can remove it if this one dies.

    Raises:
        MeasurementError: The server fails, for one because its disk is full.
    """
    if not name.startswith(CLONE_PREFIX):
        raise ValueError(f"the name of a clone begins with {CLONE_PREFIX!r}, unlike {name!r}")
    drop(postgres, name)
    _run(postgres, f"CREATE DATABASE {_quote(name)} TEMPLATE {_quote(template)} STRATEGY FILE_COPY")
    return postgres.url(name)


def drop(postgres: Postgres, name: str) -> None:
    """Drop a database if it is there, whoever is connected to it."""
    _run(postgres, f"DROP DATABASE IF EXISTS {_quote(name)} WITH (FORCE)")


def _values(variant: Variant, scale: float, seed: int) -> dict[str, object]:
    return {"python": sys.executable, "variant": variant.id, "scale": f"{scale:g}", "seed": seed}


def _fingerprint(recipe: DatabaseRecipe, values: dict[str, object]) -> str:
    """Hash the line that the variant's `fingerprint` command prints."""
    command = fill(recipe.fingerprint, values)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_FINGERPRINT_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise MeasurementError(
            f"The database's fingerprint command did not end within {_FINGERPRINT_TIMEOUT_S:.0f} seconds.",
            hint=f"Try it: {' '.join(command)}",
        ) from None
    except OSError as error:
        raise cannot_start(command, error) from None
    line = done.stdout.decode(errors="replace").strip()
    if done.returncode != 0 or not line or "\n" in line:
        output = (done.stdout + done.stderr).decode(errors="replace")
        raise MeasurementError(
            f"The database's fingerprint command must print one line and exit with 0; it exited with"
            f" {done.returncode}:\n{last_lines(output)}",
            hint=f"Try it: {' '.join(command)}",
        )
    return hashlib.sha256(line.encode()).hexdigest()[:16]


def _is_complete(postgres: Postgres, template: str) -> bool:
    statement = "SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate"
    return bool(fetch(postgres.admin_url, statement, template))


def _build(
    postgres: Postgres,
    recipe: DatabaseRecipe,
    values: dict[str, object],
    *,
    digest: str,
    say: Callable[[str], None],
    log_path: Path,
) -> None:
    building, template = _BUILDING_PREFIX + digest, _TEMPLATE_PREFIX + digest
    drop(postgres, building)
    drop(postgres, template)  # no template, whatever it is
    _run(postgres, f"CREATE DATABASE {_quote(building)} TEMPLATE template0")
    url = postgres.url(building)
    _load(fill(recipe.load, {**values, "database_url": url}), url, say=say, log_path=log_path)
    # Autovacuum is off on our server: visibility and statistics are part of the data.
    _run(postgres, "VACUUM (FREEZE, ANALYZE)", url=url)
    _run(
        postgres,
        f"BEGIN; ALTER DATABASE {_quote(building)} RENAME TO {_quote(template)};"
        f" ALTER DATABASE {_quote(template)} IS_TEMPLATE true ALLOW_CONNECTIONS false; COMMIT",
    )


def _load(command: list[str], url: str, *, say: Callable[[str], None], log_path: Path) -> None:
    """Run the load command; its stdout goes to the log, its stderr to the log and, line by line, to `say`."""
    with log_path.open("ab") as log:
        try:
            process = start_child(command, death_signal=signal.SIGKILL, output=log, errors=subprocess.PIPE)
        except (OSError, subprocess.SubprocessError) as error:
            raise cannot_start(command, error) from None
        with process:
            try:
                _relay(process, url, say=say, log_path=log_path)
                return_code = process.wait()
            finally:
                stop_group(process, grace_s=_LOAD_GRACE_S)
    if return_code != 0:
        output = mask_in(log_path.read_text(errors="replace"), url)
        raise MeasurementError(
            f"The command that loads the database exited with {return_code}:\n{last_lines(output)}",
            hint=f"Everything that it wrote is in {log_path}.",
        )


def _relay(process: subprocess.Popen[bytes], url: str, *, say: Callable[[str], None], log_path: Path) -> None:
    if process.stderr is None:
        return
    with log_path.open("a") as log:
        for raw_line in process.stderr:
            line = mask_in(raw_line.decode(errors="replace").rstrip(), url)
            log.write(f"{line}\n")
            log.flush()
            say(line)


def _run(postgres: Postgres, statement: str, *, url: str = "") -> None:
    try:
        execute(url or postgres.admin_url, statement)
    except asyncpg.DiskFullError:
        raise UsageError(
            f"The disk of the database server at {postgres.masked_url} is full.",
            hint="Free some space on it.",
        ) from None
    except UsageError as error:  # the server was as it must be when the run began
        raise MeasurementError(error.message, hint=error.hint) from None
    except asyncpg.PostgresError as error:
        raise MeasurementError(
            f"The database server at {postgres.masked_url} refused to run {statement!r}: {error}."
        ) from error
    except (asyncpg.InterfaceError, OSError) as error:
        raise MeasurementError(f"The database server at {postgres.masked_url} went away: {error}.") from error


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
