"""docs/benchmarks.md: one section a benchmark, each of which can be replaced alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.table import Table

_HEAD = """\
# Benchmarks

How fast the harness itself is, and what that costs the measurement. Made by `make benchmarks`; one alone by
`python -m tests.benchmarks NAME`, which replaces its section. Absolute figures hold for the machine that is
named with them.
"""
_SECTION = re.compile(r"<!-- benchmark (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One benchmark in the document."""

    name: str
    measured: str
    """When and on what."""
    table: Table

    @property
    def text(self) -> str:
        """The section as Markdown."""
        table = self.table
        lines = [
            f"## {table.title}",
            f"**{table.verdict}**: {table.claim}",
            "",
            "| " + " | ".join(table.columns) + " |",
            "|" + " --- |" * len(table.columns),
            *("| " + " | ".join(row) + " |" for row in table.rows),
            "",
            *([table.note, ""] if table.note else []),
            f"*{self.measured}*, `python -m tests.benchmarks {self.name}`",
        ]
        return "\n".join(lines) + "\n"


def read_sections(path: Path) -> dict[str, str]:
    """Return the text of each section that is there, by name."""
    return dict(_SECTION.findall(path.read_text("utf-8"))) if path.is_file() else {}


def write_sections(path: Path, sections: Mapping[str, str], *, order: Sequence[str]) -> None:
    """Write the document with these sections in this order."""
    parts = [
        f"<!-- benchmark {name} -->\n{sections[name]}<!-- end -->\n" for name in order if name in sections
    ]
    path.write_text("\n".join([_HEAD, *parts]), "utf-8")
