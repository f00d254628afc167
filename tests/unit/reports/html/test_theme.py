"""A theme changes colours, name and logo, and nothing that keeps a page readable."""

import pytest

from reports.errors import ReportError
from reports.html.layout import SINGLE_FILE, STRICT_FOLDER
from reports.html.page import render_page
from reports.html.sections import chosen_sections
from reports.html.theme import contrast, read_theme

_THEME = """
name: Example & Sons
logo: logo.svg
light: {link: '#1a4d8f', after: '#1a4d8f'}
dark: {link: '#8ab8ff'}
"""
_LOGO = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><circle cx='4' cy='4' r='4'/></svg>"


@pytest.fixture
def theme_file(tmp_path):
    (tmp_path / "logo.svg").write_bytes(_LOGO)
    path = tmp_path / "theme.yaml"
    path.write_text(_THEME)
    return path


def test_name_logo_and_colours_are_on_the_page_of_both_layouts(theme_file, results):
    theme = read_theme(theme_file)
    sections = chosen_sections(["verdict"])
    single, strict = (
        render_page(results, sections, layout=layout, theme=theme) for layout in (SINGLE_FILE, STRICT_FOLDER)
    )

    assert "Example &amp; Sons" in single
    assert 'src="data:image/svg+xml;base64,' in single
    assert "--link: #1a4d8f;" in single
    assert 'src="logo.svg"' in strict


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("colour: red", "unknown key 'colour'"),
        ("light: {text: '#000000'}", "light has no colour 'text'"),
        ("light: {link: red}", "light link must be like"),
        ("light: {link: '#ffff00'}", "light link #ffff00 has a contrast of 1.1, needs 4.5"),
        ("dark: {after: '#202020'}", "dark after #202020 has a contrast of"),
        ("logo: missing.png", "cannot be read"),
        ("logo: theme.exe", "the logo must be one of"),
        ("- a list", "must be a mapping"),
        ("light: [", "is not YAML"),
    ],
)
def test_a_fault_is_told_and_what_cannot_be_read_is_refused(tmp_path, text, fault):
    path = tmp_path / "theme.yaml"
    path.write_text(text)

    with pytest.raises(ReportError, match="theme") as error:
        read_theme(path)
    assert fault in str(error.value)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
