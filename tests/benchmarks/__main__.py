"""`python -m tests.benchmarks [--scale N] [NAME...]`: measure, print, and write docs/benchmarks.md.

Without a name, all. A table whose benchmark is run again is replaced, the others stay as they were. The exit
code is 99 if a claim does not hold.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from harness.errors import ExitCode
from tests.benchmarks.document import Section, read_sections, write_sections
from tests.benchmarks.machine import describe
from tests.benchmarks.table import Table

NAMES = (
    "open_loop_rate", "start_lag", "recording_cost", "memory_flat", "shipping", "analysis_speed",
    "report_speed", "data_load", "set_up", "service_cost", "where_time_goes", "index_size", "index_cost",
    "read_endpoints", "middleware_tax", "balancer_tax", "optimization_tax", "monitoring_tax",
    "cached_answers", "memory_tax", "gc_pauses", "saturation", "verdicts",
)  # fmt: skip
"""One module each, with a function `measure(say) -> Table`; the order is that of the document."""
SCALED = ("index_size", "index_cost", "read_endpoints")
"""These measure on data of a size that can be chosen: `measure(say, scale)`."""
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


@click.command()
@click.option(
    "--scale",
    type=click.FloatRange(0.01, 100),
    default=10.0,
    show_default=True,
    help=f"data of {', '.join(SCALED)}; 1 is 100,000 appointments",
)
@click.argument("wanted", nargs=-1, metavar="[NAME]...")
def main(wanted: tuple[str, ...], scale: float) -> None:
    """Run the benchmarks of these names; without one, all."""
    sys.exit(run(wanted, scale))


def run(wanted: Sequence[str], scale: float) -> int:
    """Run benchmarks and answer the exit code."""
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        click.echo(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}.", err=True)
        return ExitCode.USAGE
    tables = [_run(name, scale) for name in NAMES if not wanted or name in wanted]
    return ExitCode.KPI_MISSED if any(table.holds is False for table in tables) else ExitCode.PASSED


def _run(name: str, scale: float) -> Table:
    click.echo(f"== {name}")
    measure: Callable[..., Table] = import_module(f"tests.benchmarks.{name}").measure
    options = {"scale": scale} if name in SCALED else {}
    table = measure(lambda text: click.echo(f"   {text}"), **options)
    for row in (table.columns, *table.rows):
        click.echo("   " + " | ".join(row))
    click.echo(f"   {table.verdict}: {table.claim}\n")
    section = Section(name=name, measured=f"{datetime.now(UTC):%Y-%m-%d}, {describe()}", table=table)
    write_sections(DOCUMENT, {**read_sections(DOCUMENT), name: section.text}, order=NAMES)
    return table


if __name__ == "__main__":
    main()
