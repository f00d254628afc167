"""Export: one form for another tool."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reports.results import Results
from reports.whole_file import write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One form for another tool; of an invalid run it passes no measured number on."""

    id: str
    purpose: str
    """Who reads it, in a few words."""
    render: Callable[[Results], Mapping[str, str]]
    """Gives text by file name."""


def write_export(export: Export, results: Results, run_dir: Path) -> tuple[Path, ...]:
    """Write the files of an export into the run folder and return their paths.

    Raises:
        ReportError: the folder cannot be written.
    """
    texts = export.render(results)
    return tuple(write_whole(run_dir / name, text.encode("utf-8")) for name, text in texts.items())


def json_text(content: object) -> str:
    """Write JSON as a file holds it."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
