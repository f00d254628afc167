"""summary.md: the verdict for a pull request and a step summary, in GitHub's Markdown.

At most 65,536 characters, which a comment may have; what is left out is said. The last line is a comment that
nobody sees: whoever posts the text finds the comment before by it and updates it in place.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from reports.findings import find
from reports.kpi_words import changed_text, claim_text, level_text, trusted_kpis
from reports.metrics import direction_word, measured_title
from reports.number_text import (
    change_interval_text,
    change_text,
    counted,
    duration_text,
    moment_text,
    target_text,
)
from reports.outcomes import OUTCOME_WORDS, evidence, kpi_counts_text, validity_text
from reports.results import ALL_ENDPOINTS, Comparison, Kpi, Outcome, Results
from reports.visible_text import short_name
from reports.whole_file import write_whole

FILE_NAME = "summary.md"
LIMIT = 65_536
"""Characters that GitHub lets a comment have."""
_MOST_WORSE = 10
_RESERVE = 400
"""Characters in which a table can still say that all of its rows are left out."""
_SIGNS: dict[Outcome, str] = {
    "passed": "✅",
    "warned": "⚠️",
    "failed": "❌",
    "inconclusive": "🔶",
    "no_data": "⭕",
    "invalid": "⛔",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$@:&-])")
_COLUMNS = "| | KPI | target | before | after | change | verdict |\n|-|:-|-:|-:|-:|-:|:-|"


def write_summary(results: Results, run_dir: Path) -> Path:
    """Write `summary.md` into the run folder and return its path.

    Raises:
        ReportError: the folder cannot be written.
    """
    return write_whole(run_dir / FILE_NAME, render_summary(results).encode("utf-8"))


def marker(results: Results) -> str:
    """Give the hidden last line; equal for all runs of one experiment."""
    return f"<!-- kpibench:{re.sub(r'[^A-Za-z0-9_-]', '-', results.experiment)} -->"


def render_summary(results: Results, *, limit: int = LIMIT) -> str:
    """Give the whole text, at most `limit` characters long; its marker is always there."""
    urgent = [kpi for kpi in results.kpis if kpi.outcome != "passed"]
    others = [kpi for kpi in results.kpis if kpi.outcome == "passed"]
    ending = f"\n{marker(results)}\n"
    room = limit - len(ending)
    head = _clipped("\n".join(_head(results)), room)
    blocks = (
        ("", [_row(kpi) for kpi in urgent], ""),
        (_opened(f"{counted(len(others), 'KPI')} passed"), [_row(kpi) for kpi in others], _CLOSED),
    )
    text = head
    for reserve, (opening, rows, closing) in zip((_RESERVE, 0), blocks, strict=True):
        text += _table(opening, rows, closing, room=room - reserve - len(text))
    for block in (_worse(results), _broken_checks(results)):
        if block and len(text) + len(block) <= room:
            text += block
    return text + ending


_CLOSED = "\n\n</details>\n"


def _opened(title: str) -> str:
    return f"\n<details><summary>{title}</summary>\n"


def _head(results: Results) -> Iterable[str]:
    words = OUTCOME_WORDS[results.outcome]
    yield f"## {_SIGNS[results.outcome]} {words.word}: {plain(results.title)}"
    yield ""
    yield plain(results.reason, 2000)
    yield ""
    length = [duration_text(results.duration_s)] if results.duration_s is not None else []
    when = [moment_text(results.started_at)] if results.started_at else []
    facts = [kpi_counts_text(results), *evidence(results), validity_text(results), *length, *when]
    yield " · ".join(plain(fact) for fact in facts)
    if results.sides_text:
        yield ""
        yield plain(results.sides_text, 400)
    if results.gap:
        yield ""
        yield f"**Gap in the measurement:** {plain(results.gap, 2000)}"
    yield ""
    run_id = re.sub("[^A-Za-z0-9._+-]", "-", results.run_id)
    yield f"Run `{run_id}`, seed {results.seed}; report.html has everything."
    yield ""


def _table(opening: str, rows: Sequence[str], closing: str, *, room: int) -> str:
    """Lay out as many rows as there is room for, and tell how many are left out."""
    if not rows:
        return ""
    for count in range(len(rows), -1, -1):
        left_out = len(rows) - count
        told = (
            f"\n\n{counted(left_out, 'KPI')} left out: this text has reached its limit.\n" if left_out else ""
        )
        body = "\n".join([_COLUMNS, *rows[:count]]) if count else ""
        text = f"{opening}\n{body}{told}{closing}\n"
        if len(text) <= room:
            return text
    return ""


def _row(kpi: Kpi) -> str:
    where = "" if kpi.endpoint == ALL_ENDPOINTS else f", {plain(kpi.endpoint, 60)}"
    advisory = "" if kpi.is_blocking else " (advisory)"
    claim = claim_text(kpi)
    about = f"**{plain(kpi.title, 60)}**{advisory}<br>{plain(measured_title(kpi.metric, kpi.stat))}{where}"
    cells = (
        _SIGNS[kpi.outcome],
        about + (f"<br>{plain(claim, 200)}" if claim else ""),
        "<br>".join(plain(target_text(target), 40) for target in kpi.targets),
        plain(level_text(kpi.before)),
        plain(level_text(kpi.after)),
        plain(changed_text(kpi.change)),
        f"**{OUTCOME_WORDS[kpi.outcome].word}**<br>{plain(kpi.reason, 300)}",
    )
    return f"| {' | '.join(cells)} |"


def _worse(results: Results) -> str:
    """List what got worse beyond doubt, KPI or not."""
    found = find(results).worse if trusted_kpis(results) else ()
    if not found:
        return ""
    lines = [_worse_line(comparison) for comparison in found[:_MOST_WORSE]]
    if len(found) > _MOST_WORSE:
        lines.append(f"- {len(found) - _MOST_WORSE} more in report.html")
    return "\n".join([_opened(f"{counted(len(found), 'value')} got worse"), *lines, _CLOSED])


def _worse_line(comparison: Comparison) -> str:
    where = "all requests" if comparison.endpoint == ALL_ENDPOINTS else comparison.endpoint
    word = direction_word(comparison.metric, comparison.change) if comparison.change else ""
    numbers = f"{change_text(comparison.change)} {word} {change_interval_text(comparison.change)}"
    subject = f"{plain(where, 60)}, {plain(measured_title(comparison.metric, comparison.stat))}"
    return f"- {subject}: {plain(numbers)}"


def _broken_checks(results: Results) -> str:
    broken = [check for check in results.validity if not check.ok]
    lines = [f"- **{plain(check.id)}**: {plain(check.detail, 600)}" for check in broken]
    if not broken:
        return ""
    return "\n".join([f"\n{counted(len(broken), 'validity check')} did not hold:\n", *lines, ""])


def plain(text: str, limit: int = 120) -> str:
    """Give text from outside as Markdown that shows it and does nothing: no link, mention, tag or cell."""
    return _SPECIAL.sub(r"\\\1", short_name(text, limit)).replace("\\@", "@\N{WORD JOINER}")


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"
