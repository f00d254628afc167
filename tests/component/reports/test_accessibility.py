"""axe-core finds nothing to complain of, in light and in dark, in any page that we make."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

FAILED = {"outcome": "failed", "endpoint_count": 1, "phase_count": 1}
_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}


def _violations(browser, path, scheme):
    page = browser.new_page(color_scheme=scheme)
    try:
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        found = Axe().run(page, options=_OPTIONS).response
    finally:
        page.close()
    assert found["passes"], "axe looked at nothing"
    return [(rule["id"], node["html"][:200]) for rule in found["violations"] for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "options",
    [
        FAILED,
        {"outcome": "invalid", "endpoint_count": 1},
    ],
    ids=["failed", "invalid"],
)
def test_axe_finds_nothing_in_the_report(browser, written_report, options, scheme):
    assert _violations(browser, written_report(**options), scheme) == []


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_axe_finds_nothing_in_the_strict_layout(browser, written_report, scheme):
    path = written_report(**FAILED).parent / "report" / "index.html"

    assert _violations(browser, path, scheme) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["index", "comparison", "live"])
def test_axe_finds_nothing_in_the_pages_around_it(browser, served_pages, kind, scheme):
    assert _violations(browser, served_pages[kind], scheme) == []


def test_axe_would_have_found_something(browser, tmp_path):
    (tmp_path / "bad.html").write_text("<!doctype html><title>x</title><img src=x><p style='color:#eee'>pale")

    assert {"image-alt", "color-contrast"} <= {
        rule for rule, _ in _violations(browser, tmp_path / "bad.html", "light")
    }
