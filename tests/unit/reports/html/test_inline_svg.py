"""A matplotlib figure inside a page."""

import re

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from reports.html.charts.axis_ticks import log_ticks
from reports.html.charts.inline_svg import AFTER, BEFORE, chart_style, inline_svg


def _svg(chart_id="chart", label="a & b"):
    with chart_style(chart_id):
        figure = Figure(figsize=(3, 2), layout="constrained")
        axes = figure.subplots()
        axes.plot([1, 2, 3], [1, 5, 2], color=BEFORE, marker="o", label=label)
        axes.plot([1, 2, 3], [2, 1, 4], color=AFTER, linestyle="dashed")
        axes.set_title(label)
        return str(inline_svg(figure, chart_id=chart_id, title="T <b>", description='D "x"'))


def test_nothing_needs_a_style_attribute_or_leaks_a_style_sheet():
    svg = _svg()

    assert "style=" not in svg
    assert "<style" not in svg
    assert "metadata" not in svg
    assert "font-family" not in svg


def test_colours_are_the_pages():
    svg = _svg()

    assert "stroke-before" in svg
    assert "stroke-after" in svg
    assert "#01010" not in svg


def test_every_id_belongs_to_the_chart_and_every_reference_has_its_id():
    svg = _svg("one")
    ids = re.findall(r' id="([^"]+)"', svg)
    references = {*re.findall(r'href="#([^"]+)"', svg), *re.findall(r"url\(#([^)]+)\)", svg)}

    assert all(own_id.startswith("one-") for own_id in ids)
    assert len(set(ids)) == len(ids)
    assert references
    assert references <= set(ids)


def test_title_and_description_are_named_and_escaped():
    svg = _svg("one")

    assert 'role="img"' in svg
    assert 'aria-labelledby="one-title one-desc"' in svg
    assert '<title id="one-title">T &lt;b&gt;</title>' in svg


def test_equal_figures_give_equal_bytes():
    assert _svg() == _svg()


@pytest.mark.parametrize("label", ["$x$ costs $", "$\\frac{1$", "</svg><script>", "ページ 😀"])
def test_a_label_of_any_kind_is_only_text(label):
    assert "<script" not in _svg(label=label)


def test_the_machines_own_matplotlib_settings_change_nothing():
    expected = _svg()

    with mpl.rc_context({"axes.grid": True, "lines.linewidth": 9, "font.size": 30}):
        assert expected == _svg()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (20, 900, [20, 50, 100, 200, 500]),
        (0.4, 2.5, [0.5, 1, 2]),
        (1, 1e4, [1, 3, 10, 30, 100, 300, 1000, 3000, 10000]),
        (0.01, 1e6, [0.01, 0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6]),
    ],
)
def test_logarithmic_ticks_are_round_and_few(low, high, expected):
    assert expected == log_ticks(low, high)
