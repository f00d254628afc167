"""axe-core finds nothing to complain of, in light and in dark, in any page that we make."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

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
        {"outcome": "failed", "endpoint_count": 3, "phase_count": 2},
        {"outcome": "invalid", "endpoint_count": 1},
    ],
    ids=["failed", "invalid"],
)
def test_axe_finds_nothing_in_the_report(browser, written_report, options, scheme):
    assert _violations(browser, written_report(**options), scheme) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_strict_layout(browser, written_report, scheme):
    path = written_report(outcome="failed", endpoint_count=3, phase_count=2).parent / "report" / "index.html"

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
