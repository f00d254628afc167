"""Annotations for GitHub: workflow commands that mark a missed KPI's line in the KPI file.

Each run shows at most ten; the form is that of "Workflow commands for GitHub Actions".
"""

from collections.abc import Iterator
from pathlib import Path

from reports.kpi_words import kpi_headline
from reports.results import Kpi, Results
from reports.visible_text import short_name

MOST = 10


def annotation_lines(results: Results, *, kpi_file: Path | None) -> tuple[str, ...]:
    """Give one line for each KPI that did not pass, blocking ones first; of an invalid run just one.

    Args:
        results: the run.
        kpi_file: where the KPI file stands in the repository, relative; None where that is not known.
    """
    if results.outcome == "invalid":
        return (_command("error", "The measurement is invalid", results.reason, {}),)
    found = sorted(
        (kpi for kpi in results.kpis if kpi.outcome != "passed"), key=lambda kpi: not kpi.is_blocking
    )
    lines = [_annotate(kpi, kpi_file) for kpi in found]
    if len(lines) > MOST:
        rest = f"{len(lines) - MOST + 1} more KPIs did not pass: see summary.md or report.html."
        lines = [*lines[: MOST - 1], _command("warning", "More KPIs", rest, {})]
    return tuple(lines)


def _annotate(kpi: Kpi, kpi_file: Path | None) -> str:
    level = "notice" if not kpi.is_blocking else "error" if kpi.outcome == "failed" else "warning"
    place = {"file": kpi_file.as_posix(), "line": str(kpi.line)} if kpi_file and kpi.line else {}
    return _command(level, f"{kpi.id}: {kpi.title}", kpi_headline(kpi), place)


def _command(level: str, title: str, message: str, place: dict[str, str]) -> str:
    properties = {**place, "title": short_name(title)}
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {told}::{_data(short_name(message, 600))}"


def _data(text: str) -> str:
    return "".join(_escapes(text, "%\r\n"))


def _property(text: str) -> str:
    return "".join(_escapes(text, "%\r\n:,"))


def _escapes(text: str, special: str) -> Iterator[str]:
    for character in text:
        yield f"%{ord(character):02X}" if character in special else character
