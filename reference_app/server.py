"""Serve a variant in the foreground until it is told to stop."""

import contextlib
import logging
import sys
from dataclasses import replace

from aiohttp import web

from reference_app.app import make_app
from reference_app.externals.process import stub_beside_us
from reference_app.failure import StartError
from reference_app.settings import Settings
from reference_app.stopping import told_to_stop
from reference_app.storage.connections import connect
from reference_app.storage.loaded_data import LoadedData, read_loaded_data, require_migrations
from reference_app.variants import Build
from reference_app.web.doorway import site_of


async def serve(build: Build, settings: Settings, *, until_input_ends: bool = False) -> None:
    """Serve until SIGTERM, SIGINT or, if asked, the end of the input; what is in flight is answered first.

    Without a URL of the external services, a stub of them is started, and ended with the backend.

    Raises:
        StartError: the port is taken, or the database cannot be reached or holds other data.
    """
    if not settings.externals_url:
        with stub_beside_us() as url:
            await serve(build, replace(settings, externals_url=url), until_input_ends=until_input_ends)
        return
    components = build.components
    loaded = await _loaded_data(settings.database_url)
    require_migrations(loaded, components.migrations)
    access_log = _access_log() if components.writes_access_log else None
    runner = web.AppRunner(make_app(components, settings, loaded), access_log=access_log)
    await runner.setup()
    try:
        stop = told_to_stop(until_input_ends=until_input_ends)
        await _listen(runner, settings, access_log)
        sys.stderr.write(f"{build.id} serves http://{settings.host}:{settings.port} (Ctrl-C stops it)\n")
        await stop.wait()
    finally:
        await runner.cleanup()


def _access_log() -> logging.Logger:
    log = logging.getLogger("reference_app.access")
    log.setLevel(logging.INFO)
    return log


async def _loaded_data(database_url: str) -> LoadedData:
    connection = await connect(database_url)
    with contextlib.suppress(OSError):
        try:
            return await read_loaded_data(connection)
        finally:
            await connection.close()
    raise StartError("The database closed the connection while the data was looked at.")


async def _listen(runner: web.AppRunner, settings: Settings, access_log: logging.Logger | None) -> None:
    try:
        await site_of(runner, settings.host, settings.port, access_log).start()
    except OSError as error:
        raise StartError(
            f"Port {settings.port} of {settings.host} cannot be used ({error.strerror});"
            " choose another with --port."
        ) from error
