"""`kpibench report`: render the report and everything beside it again, print it, or serve all of them."""

from pathlib import Path

import click

from harness.cli.conclude import reports, write_ci_files, write_exports, write_report
from harness.errors import ExitCode, UsageError
from harness.store.run_folder import RunFolder

EXPORT_FORMS = ("openmetrics", "github-benchmark", "bencher", "gitlab-load", "badge")
"""Those of `reports.exports`, which this process does not import; a test holds both together."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option(
    "--export",
    "forms",
    multiple=True,
    type=click.Choice(EXPORT_FORMS),
    help="Also write this form for another tool; may be repeated.",
)
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
@click.option("--pdf", "is_printed", is_flag=True, help="Print report.pdf too, with the machine's Chromium.")
@click.option(
    "--section", "sections", multiple=True, metavar="ID", help="Show this section only; once for each."
)
@click.option(
    "--capacity",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="RUN",
    help="A capacity run of the same builds, shown as well.",
)
@click.option(
    "--theme",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file with name, logo and colours of your company.",
)
@click.option("--serve", "is_served", is_flag=True, help="Serve an index of all runs in RUN (default: runs).")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port for --serve.  [default: any free one]"
)
def report(
    run: Path | None,
    *,
    forms: tuple[str, ...],
    is_opened: bool,
    is_printed: bool,
    sections: tuple[str, ...],
    capacity: Path | None,
    theme: Path | None,
    is_served: bool,
    port: int,
) -> ExitCode:
    """Render the report of the run folder RUN from its results.json.

    \b
    Examples:
      kpibench report runs/x --open                 write report.html and report/, and show it
      kpibench report runs/x --pdf                  report.pdf for a mail; the first two pages say it all
      kpibench report runs/x --section verdict --section kpis
      kpibench report --serve --open                all runs of runs/, and any two beside each other
    """  # noqa: D301
    if is_served:
        options = ["--port", str(port), *(["--open"] if is_opened else [])]
        return _exit_code(reports("serve", run or Path("runs"), *options))
    if run is None:
        raise UsageError(
            "Which run?", hint="Give its folder, for example runs/<id>; `kpibench list` shows them."
        )
    folder = RunFolder.open(run)
    options = [word for section in sections for word in ("--section", section)]
    options += ["--capacity", str(capacity)] if capacity else []
    code = write_report(folder, *options, *(["--theme", str(theme)] if theme else []))
    write_ci_files(folder, is_announced=False)
    if forms:
        write_exports(folder, forms)
    if is_printed and not code:
        code = reports("pdf", folder.path)
    if is_opened and not code:
        click.launch(str(folder.report_html))
    return _exit_code(code)


def _exit_code(code: int) -> ExitCode:
    return ExitCode.PASSED if code == 0 else ExitCode.INTERRUPTED if code == 130 else ExitCode.USAGE
