"""Bring up one variant on a fresh database, and take both down again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.campaign.bench import Bench
from harness.errors import KpibenchError
from harness.model.variant import Variant
from harness.probe.runtime import RUNTIME_FILE
from harness.target.companion import run_companions
from harness.target.database import clone, drop
from harness.target.server import RunningServer, attach, start_server


@contextmanager
def serve_variant(
    bench: Bench,
    variant: Variant,
    *,
    database_name: str,
    log_path: Path,
    runtime_path: Path | None = None,
    when_stopped: Callable[[str, str], None] | None = None,
) -> Iterator[RunningServer]:
    """Start the variant's server on a new copy of its data; one that runs already is only looked up.

    Args:
        bench: what stays the same through the run.
        variant: what to start.
        database_name: for the copy, which is dropped at the end.
        log_path: gets what the server writes.
        runtime_path: gets what a server that mounts the runtime probe writes; None asks for nothing.
        when_stopped: is given the URLs of the copy and of the server, between the server's end and the
            copy's, if all went well.
    """
    if variant.url:
        yield attach(variant)
        return
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with (
        _database(bench, variant, database_name) as database_url,
        run_companions(variant.companions, variant_id=variant.id, log_folder=log_path.parent) as companions,
    ):
        server = start_server(
            variant,
            database_url=database_url,
            log_path=log_path,
            cpus=bench.cores.servers if bench.cores else None,
            companions=companions,
            environment={RUNTIME_FILE: str(runtime_path.resolve())} if runtime_path else None,
        )
        try:
            yield server
        finally:
            server.stop()
        if when_stopped and database_url:
            when_stopped(database_url, server.base_url)


@contextmanager
def _database(bench: Bench, variant: Variant, name: str) -> Iterator[str]:
    if bench.postgres is None or variant.database is None:
        yield ""
        return
    url = clone(bench.postgres, bench.templates[variant.id], name)
    try:
        yield url
    except BaseException:
        with suppress(KpibenchError):  # where the server died, that is not the news
            drop(bench.postgres, name)
        raise
    drop(bench.postgres, name)
