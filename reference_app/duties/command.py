"""`python -m reference_app duty`: do one of the business's duties, as its nightly job or front desk would."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable

from reference_app.components import Components
from reference_app.duties.duty import DUTIES, Duty, Report
from reference_app.failure import StartError
from reference_app.settings import Settings
from reference_app.storage.connections import connect
from reference_app.storage.loaded_data import read_loaded_data, require_migrations
from reference_app.variants import build

Add = Callable[[argparse.ArgumentParser], None]


def add_duty(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", add_variant: Add, add_database: Add
) -> None:
    """Add the command: one sub-command for each duty."""
    parser = commands.add_parser(
        "duty", help="do a nightly or asked-for duty and print what came of it as JSON"
    )
    names = parser.add_subparsers(title="duties", required=True, metavar="DUTY")
    for duty in DUTIES:
        doing = names.add_parser(duty.id, help=duty.summary)
        if duty.subject is not None:
            doing.add_argument("--id", type=int, required=True, help=f"which {duty.subject}")
        add_variant(doing)
        add_database(doing)
        doing.set_defaults(run=_perform, duty=duty, id=None)


async def perform(components: Components, database_url: str, duty: Duty, subject_id: int | None) -> Report:
    """Do a duty in a transaction of its own, the variant's way, and answer what came of it.

    Raises:
        StartError: the database cannot be reached or holds other data.
    """
    raw = await connect(database_url)
    try:
        loaded = await read_loaded_data(raw)
    finally:
        await raw.close()
    require_migrations(loaded, components.migrations)
    connections = components.connections(Settings(database_url=database_url, port=1, pool_size=1))
    await connections.open()
    try:
        async with connections.use() as connection, connection.transaction():
            return await components.duties().perform(connection, duty, loaded.anchor_date, subject_id)
    finally:
        await connections.close()


def _perform(options: argparse.Namespace) -> None:
    if options.duty.subject is not None and not 0 < options.id < 2**63:
        raise StartError(f"--id {options.id} is no id; ids begin at 1.")
    components = build(options.variant, options.added, options.removed).components
    report = asyncio.run(perform(components, options.database_url, options.duty, options.id))
    sys.stdout.write(f"{json.dumps(report, default=str, ensure_ascii=False, indent=2)}\n")
