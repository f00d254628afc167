"""`kpibench report`: render report.html and everything beside it again."""

from pathlib import Path

import click

from harness.cli.conclude import write_ci_files, write_exports, write_report
from harness.errors import ExitCode
from harness.store.run_folder import RunFolder

EXPORT_FORMS = ("openmetrics", "github-benchmark", "bencher", "gitlab-load", "badge")
"""Those of `reports.exports`, which this process does not import; a test holds both together."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--export",
    "forms",
    multiple=True,
    type=click.Choice(EXPORT_FORMS),
    help="Also write this form for another tool; may be repeated.",
)
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
def report(run: Path, *, forms: tuple[str, ...], is_opened: bool) -> ExitCode:
    """Render report.html, junit.xml, summary.md and kpi.csv of the run folder RUN from its results.json.

    \b
    Forms: openmetrics       metrics.txt, for GitLab and Prometheus
           github-benchmark  gab-smaller.json and gab-bigger.json, for github-action-benchmark
           bencher           bmf.json, for Bencher
           gitlab-load       load-performance.json, for GitLab
           badge             badge.json for shields.io, and badge.svg
    """  # noqa: D301
    folder = RunFolder.open(run)
    write_report(folder)
    write_ci_files(folder, is_announced=False)
    if forms:
        write_exports(folder, forms)
    if is_opened:
        click.launch(str(folder.report_html))
    return ExitCode.PASSED
