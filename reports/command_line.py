"""The commands: argument list in, exit code out."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from reports.ci import announce, write_ci_files
from reports.errors import ReportError
from reports.exports import EXPORTS
from reports.exports.export import write_export
from reports.results import read_results

_DESCRIPTION = (
    "Show the results of a kpibench run. Nothing is measured or judged again: results.json is read."
)
_EPILOG = """examples:
  python -m reports html runs/20261123-120000-quick       write report.html into the run folder
  python -m reports csv runs/20261123-120000-quick        write kpi.csv into the run folder
  python -m reports ci runs/20261123-120000-quick         write junit.xml and summary.md
  python -m reports export runs/20261123-120000-quick badge   write a form for another tool
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
            case "ci":
                _ci(options.run_dir, is_announced=options.announce)
            case "export":
                _export(options.run_dir, options.forms)
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


def _ci(run_dir: Path, *, is_announced: bool) -> None:
    results = read_results(run_dir)
    for path in write_ci_files(results, run_dir):
        print(path)  # noqa: T201  - a command speaks by printing
    if is_announced:
        for line in announce(results, run_dir):
            print(line)  # noqa: T201  - workflow commands are printed


def _export(run_dir: Path, forms: Sequence[str]) -> None:
    results = read_results(run_dir)
    for export in EXPORTS:
        if export.id in forms:
            for path in write_export(export, results, run_dir):
                print(path)  # noqa: T201  - a command speaks by printing


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
    ci = commands.add_parser(
        "ci",
        help="write junit.xml and summary.md into RUN_DIR and print their paths",
        description="Write what build servers read: junit.xml and summary.md.",
    )
    ci.add_argument(
        "--announce",
        action="store_true",
        help="on GitHub, append the summary to $GITHUB_STEP_SUMMARY and print annotations",
    )
    export = commands.add_parser(
        "export",
        help="write forms for other tools into RUN_DIR and print their paths",
        description="Write forms for other tools. An invalid run passes no measured number on.",
    )
    for command in (html, csv, ci, export, terminal):
        command.add_argument("run_dir", metavar="RUN_DIR", type=Path, help="folder that holds results.json")
    export.add_argument(
        "forms", metavar="FORM", nargs="+", choices=[one.id for one in EXPORTS], help=_forms_help()
    )
    terminal.add_argument(
        "--width", type=int, help="columns to use (default: the terminal's, or $COLUMNS, or 80)"
    )
    return parser


def _forms_help() -> str:
    return "; ".join(f"{export.id}: {export.purpose}" for export in EXPORTS)
