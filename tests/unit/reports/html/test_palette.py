"""Contrast of the palette, computed as WCAG 2.2 does: 4.5 for text, 3 for lines and marks."""

import re
from pathlib import Path

import pytest

import reports.html.page

_CSS = (Path(reports.html.page.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
_TEXT = ("text", "muted", "link", "passed", "failed", "inconclusive", "invalid")
_MARKS = ("before", "after", "target")


def _palettes():
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", _CSS, re.DOTALL)
    )
    return {"light": light, "dark": light | dark}


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "panel"])
@pytest.mark.parametrize("name", _TEXT)
def test_text_can_be_read_on_every_ground(scheme, ground, name):
    palette = _palettes()[scheme]

    assert _contrast(palette[name], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("outcome", ["passed", "failed", "inconclusive", "invalid"])
@pytest.mark.parametrize("name", ["text", "muted", "outcome"])
def test_text_can_be_read_on_the_tint_of_every_verdict(scheme, outcome, name):
    palette = _palettes()[scheme]

    assert _contrast(palette[outcome if name == "outcome" else name], palette[f"{outcome}-tint"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", _MARKS)
def test_lines_can_be_seen(scheme, name):
    palette = _palettes()[scheme]

    assert _contrast(palette[name], palette["page"]) >= 3
