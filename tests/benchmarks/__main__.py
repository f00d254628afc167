"""`python -m tests.benchmarks [NAME...]`: measure, print, and write docs/benchmarks.md; without a name, all.

A table whose benchmark is run again is replaced, the others stay as they were. The exit code is 99 if a claim
does not hold.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from harness.errors import ExitCode
from tests.benchmarks.document import Section, read_sections, write_sections
from tests.benchmarks.machine import describe
from tests.benchmarks.table import Table

NAMES = (
    "open_loop_rate", "start_lag", "recording_cost", "memory_flat", "shipping", "analysis_speed", "data_load",
    "set_up", "service_cost", "where_time_goes",
)  # fmt: skip
"""One module each, with a function `measure(say) -> Table`; the order is that of the document."""
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def main(wanted: list[str]) -> int:
    """Run the benchmarks of these names."""
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        click.echo(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}.", err=True)
        return ExitCode.USAGE
    tables = [_run(name) for name in NAMES if not wanted or name in wanted]
    return ExitCode.KPI_MISSED if any(table.holds is False for table in tables) else ExitCode.PASSED


def _run(name: str) -> Table:
    click.echo(f"== {name}")
    measure: Callable[[Callable[[str], None]], Table] = import_module(f"tests.benchmarks.{name}").measure
    table = measure(lambda text: click.echo(f"   {text}"))
    for row in (table.columns, *table.rows):
        click.echo("   " + " | ".join(row))
    click.echo(f"   {table.verdict}: {table.claim}\n")
    section = Section(name=name, measured=f"{datetime.now(UTC):%Y-%m-%d}, {describe()}", table=table)
    write_sections(DOCUMENT, {**read_sections(DOCUMENT), name: section.text}, order=NAMES)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
