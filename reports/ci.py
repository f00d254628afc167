"""What a build server reads: junit.xml, summary.md, and on GitHub its step summary and annotations."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from reports.annotations import annotation_lines
from reports.errors import ReportError
from reports.junit import write_junit
from reports.results import Results
from reports.summary import render_summary, write_summary


def write_ci_files(results: Results, run_dir: Path) -> tuple[Path, ...]:
    """Write `junit.xml` and `summary.md` into the run folder and return their paths.

    Raises:
        ReportError: the folder cannot be written.
    """
    return write_junit(results, run_dir), write_summary(results, run_dir)


def announce(results: Results, run_dir: Path, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Append the summary to GitHub's step summary and give the annotations, as far as this is GitHub.

    Raises:
        ReportError: the step summary cannot be written.
    """
    step_summary = environment.get("GITHUB_STEP_SUMMARY")
    if step_summary:
        try:
            with Path(step_summary).open("a", encoding="utf-8") as file:
                file.write(render_summary(results))
        except OSError as error:
            raise ReportError(f"{step_summary} cannot be written: {error.strerror}.") from error
    if environment.get("GITHUB_ACTIONS") != "true":
        return ()
    workspace = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd())
    return annotation_lines(results, kpi_file=_kpi_file(run_dir, workspace))


def _kpi_file(run_dir: Path, workspace: Path) -> Path | None:
    """Find the KPI file in the repository; None where it is not the one by which the run was judged."""
    try:
        asked = Path(json.loads((run_dir / "plan.json").read_text("utf-8"))["kpi_file"])
        is_same = asked.read_bytes() == (run_dir / "kpis.yaml").read_bytes()
        return asked.resolve().relative_to(workspace.resolve()) if is_same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
