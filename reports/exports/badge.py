"""A badge: JSON for shields.io's endpoint, and a picture for networks that do not reach it."""

from html import escape

from reports.exports.export import Export, json_text
from reports.outcomes import OUTCOME_WORDS
from reports.results import Outcome, Results

_LABEL = "KPIs"
_COLORS: dict[Outcome, tuple[str, str]] = {
    "passed": ("blue", "#1b5e9e"),
    "warned": ("yellow", "#8a5a00"),
    "failed": ("red", "#b3261e"),
    "inconclusive": ("orange", "#8a5a00"),
    "no_data": ("lightgrey", "#555555"),
    "invalid": ("purple", "#5c4a72"),
}
"""Name for shields.io and colour of our own picture; white text on each has a contrast of at least 4.5."""
_CHARACTER_PX = 7.0
_PADDING_PX = 10


def _render(results: Results) -> dict[str, str]:
    name, color = _COLORS[results.outcome]
    content = {"schemaVersion": 1, "label": _LABEL, "message": _message(results), "color": name}
    return {"badge.json": json_text(content), "badge.svg": _svg(_message(results), color)}


def _message(results: Results) -> str:
    word = OUTCOME_WORDS[results.outcome].word.lower()
    blocking = [kpi for kpi in results.kpis if kpi.is_blocking]
    if results.outcome == "invalid" or not blocking:
        return word
    passed = sum(kpi.outcome in {"passed", "warned"} for kpi in blocking)
    return f"{word}, {passed} of {len(blocking)}"


def _svg(message: str, color: str) -> str:
    left, right = _width(_LABEL), _width(message)
    title = escape(f"{_LABEL}: {message}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{title}">\n<title>{title}</title>\n'
        f'<rect width="{left}" height="20" fill="#444"/>\n'
        f'<rect x="{left}" width="{right}" height="20" fill="{color}"/>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">\n'
        f'<text x="{left / 2:g}" y="14">{escape(_LABEL)}</text>\n'
        f'<text x="{left + right / 2:g}" y="14">{escape(message)}</text>\n</g>\n</svg>\n'
    )


def _width(text: str) -> int:
    return round(_CHARACTER_PX * len(text)) + _PADDING_PX


BADGE = Export(id="badge", purpose="shields.io's endpoint, or a picture of its own", render=_render)
