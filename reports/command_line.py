"""The commands: argument list in, exit code out."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from reports.errors import ReportError
from reports.results import read_results

_DESCRIPTION = (
    "Show the results of a kpibench run. Nothing is measured or judged again: results.json is read."
)
_EPILOG = """examples:
  python -m reports html runs/20261123-120000-quick       write report.html into the run folder
  python -m reports csv runs/20261123-120000-quick        write kpi.csv into the run folder
  python -m reports terminal runs/20261123-120000-quick   print the tables here

exit codes: 0 shown, 2 the run folder is not as it must be
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what went wrong is one sentence on standard error."""
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "html":
                _html(options.run_dir)
            case "csv":
                _csv(options.run_dir)
            case _:
                _terminal(options.run_dir, options.width)
    except ReportError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  - a command speaks by printing
        return error.exit_code
    except BrokenPipeError:
        # The reader, `head` for one, has seen enough. Python must not try to flush the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _html(run_dir: Path) -> None:
    # matplotlib takes a second to import, and the terminal report does without it.
    from reports.html.write_report import write_report  # noqa: PLC0415

    print(write_report(read_results(run_dir), run_dir))  # noqa: T201  - a command speaks by printing


def _csv(run_dir: Path) -> None:
    from reports.kpi_csv import write_kpi_csv  # noqa: PLC0415  - pandas, likewise only where it is needed

    print(write_kpi_csv(read_results(run_dir), run_dir))  # noqa: T201  - a command speaks by printing


def _terminal(run_dir: Path, width: int | None) -> None:
    from reports.terminal import print_report  # noqa: PLC0415  - rich, likewise only where it is needed

    print_report(read_results(run_dir), sys.stdout, width=width)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reports",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    html = commands.add_parser(
        "html",
        help="write report.html into RUN_DIR and print its path",
        description="Write report.html into the run folder: one file, no network, no script.",
    )
    terminal = commands.add_parser(
        "terminal",
        help="print verdict, KPIs and endpoints of RUN_DIR",
        description="Print verdict, KPIs and endpoints. Without colour when piped or with NO_COLOR set.",
    )
    csv = commands.add_parser(
        "csv",
        help="write kpi.csv into RUN_DIR and print its path",
        description="Write kpi.csv into the run folder: one row a KPI, full precision.",
    )
    for command in (html, csv, terminal):
        command.add_argument("run_dir", metavar="RUN_DIR", type=Path, help="folder that holds results.json")
    terminal.add_argument(
        "--width", type=int, help="columns to use (default: the terminal's, or $COLUMNS, or 80)"
    )
    return parser
