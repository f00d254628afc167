"""The commands: argument list in, exit code out."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from reports.ci import announce, write_ci_files
from reports.errors import ReportError
from reports.exports import EXPORTS
from reports.exports.export import write_export
from reports.results import read_results, with_capacity

_DESCRIPTION = (
    "Show the results of a kpibench run. Nothing is measured or judged again: results.json is read."
)
_EPILOG = """examples:
  python -m reports html runs/20261123-120000-quick       write report.html and report/ into the run folder
  python -m reports pdf runs/20261123-120000-quick        print report.html to report.pdf
  python -m reports csv runs/20261123-120000-quick        write kpi.csv into the run folder
  python -m reports ci runs/20261123-120000-quick         write junit.xml and summary.md
  python -m reports export runs/20261123-120000-quick badge   write a form for another tool
  python -m reports terminal runs/20261123-120000-quick   print the tables here
  python -m reports serve runs                            an index of all runs at a local address
  python -m reports live runs/20261123-120000-quick       a page that follows a run while it goes on

exit codes: 0 shown, 2 the run folder is not as it must be
"""


_GRACE_S = 6.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what went wrong is one sentence on standard error."""
    options = _parser().parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except ReportError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  - a command speaks by printing
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader, `head` for one, has seen enough. Python must not try to flush the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _html(options: argparse.Namespace) -> None:
    # matplotlib takes a second to import, and the terminal report does without it.
    from reports.html.sections import chosen_sections  # noqa: PLC0415
    from reports.html.theme import NO_THEME, read_theme  # noqa: PLC0415
    from reports.html.write_report import write_report  # noqa: PLC0415

    sections = chosen_sections(options.section)
    theme = read_theme(options.theme) if options.theme else NO_THEME
    results = read_results(options.run_dir)
    if options.capacity:
        results = with_capacity(results, read_results(options.capacity))
    print(write_report(results, options.run_dir, sections=sections, theme=theme))  # noqa: T201  - a command speaks by printing


def _pdf(options: argparse.Namespace) -> None:
    from reports.chromium import print_pdf  # noqa: PLC0415

    page = options.run_dir / "report.html"
    if not page.is_file():
        raise ReportError(
            f"There is no report.html in {options.run_dir}.", hint="Write it first: reports html."
        )
    print(print_pdf(page, page.with_suffix(".pdf")))  # noqa: T201  - a command speaks by printing


def _csv(options: argparse.Namespace) -> None:
    from reports.kpi_csv import write_kpi_csv  # noqa: PLC0415  - pandas, likewise only where it is needed

    print(write_kpi_csv(read_results(options.run_dir), options.run_dir))  # noqa: T201  - a command speaks by printing


def _ci(options: argparse.Namespace) -> None:
    results = read_results(options.run_dir)
    for path in write_ci_files(results, options.run_dir):
        print(path)  # noqa: T201  - a command speaks by printing
    if options.announce:
        for line in announce(results, options.run_dir):
            print(line)  # noqa: T201  - workflow commands are printed


def _export(options: argparse.Namespace) -> None:
    results = read_results(options.run_dir)
    for export in EXPORTS:
        if export.id in options.forms:
            for path in write_export(export, results, options.run_dir):
                print(path)  # noqa: T201  - a command speaks by printing


def _terminal(options: argparse.Namespace) -> None:
    from reports.terminal import print_report  # noqa: PLC0415  - rich, likewise only where it is needed

    print_report(read_results(options.run_dir), sys.stdout, width=options.width)


def _serve(options: argparse.Namespace) -> None:
    from reports.serve import make_server, serve_until_stopped  # noqa: PLC0415

    serve_until_stopped(make_server(options.runs_dir, options.port), is_opened=options.open)


def _live(options: argparse.Namespace) -> None:
    from reports.live import make_live_server  # noqa: PLC0415
    from reports.serve import serve_until_stopped  # noqa: PLC0415

    server = make_live_server(options.run_dir, options.port)
    # The run ends us, but a browser that asks every two seconds shall still see the verdict.
    signal.signal(signal.SIGTERM, lambda *_: threading.Timer(_GRACE_S, server.shutdown).start())
    serve_until_stopped(server, is_opened=options.open)


_COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "html": _html,
    "pdf": _pdf,
    "csv": _csv,
    "ci": _ci,
    "export": _export,
    "terminal": _terminal,
    "serve": _serve,
    "live": _live,
}


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
        help="write report.html and report/ into RUN_DIR and print the path",
        description="Write the report into the run folder: report.html, one file without a network; report/, "
        "the same for servers with a strict Content-Security-Policy; data/, its tables in full.",
    )
    html.add_argument(
        "--section", action="append", metavar="ID", help="show this section only; give it once for each"
    )
    html.add_argument(
        "--capacity", type=Path, metavar="RUN_DIR", help="a capacity run of the same builds, shown as well"
    )
    html.add_argument("--theme", type=Path, metavar="FILE", help="name, logo and colours of your company")
    pdf = commands.add_parser(
        "pdf",
        help="print report.html of RUN_DIR to report.pdf, with Chromium",
        description="Print report.html to report.pdf with a headless Chromium, everything unfolded.",
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
    live = commands.add_parser(
        "live",
        help="show a page that follows the run in RUN_DIR",
        description="Show a page that follows a run while it goes on. It only reads what is stored.",
    )
    serve = commands.add_parser(
        "serve",
        help="show an index of all runs in RUNS_DIR at a local address",
        description="Show an index of all runs, their reports, and any two runs beside each other.",
    )
    for command in (pdf, live):
        command.add_argument("run_dir", metavar="RUN_DIR", type=Path, help="folder that holds results.json")
    serve.add_argument("runs_dir", metavar="RUNS_DIR", type=Path, help="folder that holds the run folders")
    for command in (serve, live):
        command.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
        command.add_argument("--open", action="store_true", help="open it in the browser")
    terminal.add_argument(
        "--width", type=int, help="columns to use (default: the terminal's, or $COLUMNS, or 80)"
    )
    return parser


def _forms_help() -> str:
    return "; ".join(f"{export.id}: {export.purpose}" for export in EXPORTS)
