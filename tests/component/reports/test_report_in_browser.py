"""report.html in a real Chromium: it fits, follows dark mode, prints whole, and asks nobody for anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

pytestmark = pytest.mark.browser

HOSTILE = [
    "</script><b>bold",
    "GET /\u202etxt.exe",
    "GET /" + "x" * 10_000,
    "POST /" + "word " * 400,
]
RUNS = {
    outcome: {"outcome": outcome, "endpoint_count": count}
    for outcome, count in {"passed": 2, "failed": 10, "inconclusive": 1, "invalid": 1}.items()
}
"""As few endpoints as will do: each is three charts to draw."""


@dataclass
class _Opened:
    page: object
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def _opened(browser, path, *, width=1440, scheme="light", javascript=True) -> Iterator[_Opened]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=javascript
    )
    opened = _Opened(context.new_page())
    opened.page.on("console", lambda message: opened.messages.append(message.text))
    opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))
    opened.page.on("request", lambda request: opened.requests.append(request.url))
    opened.page.goto(path.as_uri())
    try:
        yield opened
    finally:
        context.close()


def _overflow(page):
    """Give how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def _unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("outcome", RUNS)
def test_the_page_never_scrolls_sideways_says_nothing_and_fetches_nothing(
    browser, written_report, outcome, width, scheme
):
    path = written_report(**RUNS[outcome])
    with _opened(browser, path, width=width, scheme=scheme) as opened:
        folded = _overflow(opened.page)
        _unfold(opened.page)

        assert (folded, _overflow(opened.page)) == (0, 0)
        assert opened.messages == []
        assert opened.requests == [path.as_uri()]


@pytest.mark.parametrize("width", [360, 1440])
def test_hostile_names_do_not_break_the_layout(browser, written_report, width):
    with _opened(browser, written_report(endpoints=HOSTILE), width=width) as opened:
        _unfold(opened.page)

        assert _overflow(opened.page) == 0
        assert opened.page.locator("main b", has_text="bold").count() == 0
        assert opened.page.get_by_role("rowheader", name="</script><b>bold").count() >= 1
        assert opened.messages == []


@pytest.mark.parametrize("width", [360, 1440])
def test_the_verdict_is_on_the_first_screen(browser, written_report, width):
    with _opened(browser, written_report(**RUNS["failed"]), width=width) as opened:
        for part in (".hero-word", ".hero-sentence", ".hero-reason"):
            box = opened.page.locator(part).bounding_box()
            assert box["y"] + box["height"] <= 900


def test_dark_mode_changes_page_and_charts(browser, written_report):
    colours = {}
    for scheme in ("light", "dark"):
        with _opened(browser, written_report(**RUNS["passed"]), scheme=scheme) as opened:
            colours[scheme] = opened.page.evaluate(
                """() => ({
                    page: getComputedStyle(document.body).backgroundColor,
                    text: getComputedStyle(document.querySelector('svg text')).fill,
                    after: getComputedStyle(document.querySelector('svg .stroke-after')).stroke,
                })"""
            )

    assert list(colours["light"].values()) == ["rgb(255, 255, 255)", "rgb(27, 31, 36)", "rgb(0, 73, 122)"]
    assert list(colours["dark"].values()) == ["rgb(18, 18, 18)", "rgb(232, 234, 237)", "rgb(86, 180, 233)"]


def test_no_part_of_a_chart_lost_its_colour(browser, written_report):
    with _opened(browser, written_report(**RUNS["passed"]), scheme="dark") as opened:
        black = opened.page.evaluate(
            """() => [...document.querySelectorAll('.chart svg :is(path, text, use)')].filter(part => {
                const {fill, stroke} = getComputedStyle(part), black = 'rgb(0, 0, 0)';
                const isBlack = stroke === black || (fill === black && stroke === 'none');
                return isBlack && !part.closest('defs, clipPath');
            }).map(part => part.outerHTML)"""
        )

        assert black == []


def test_everything_can_be_read_without_javascript(browser, written_report):
    with _opened(browser, written_report(**RUNS["passed"]), javascript=False) as opened:
        opened.page.locator(".fold > summary").first.click()

        assert opened.page.locator(".fold figure svg").first.is_visible()
        assert opened.page.locator("section").count() == 12


def test_print_unfolds_every_detail_and_stays_light(browser, written_report):
    with _opened(browser, written_report(**RUNS["passed"]), scheme="dark") as opened:
        cell = opened.page.locator(".fold td").first
        hidden = cell.is_visible()
        opened.page.emulate_media(media="print", color_scheme="dark")

        assert not hidden
        assert cell.bounding_box()["height"] > 0
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert opened.page.locator("nav").is_visible() is False


def test_a_wide_table_scrolls_by_keyboard_inside_its_own_region(browser, written_report):
    with _opened(browser, written_report(**RUNS["passed"]), width=360) as opened:
        region = opened.page.get_by_role("region", name="Table: Endpoints")
        table_is_wider = region.evaluate("region => region.scrollWidth > region.clientWidth")
        region.focus()
        opened.page.keyboard.press("ArrowRight")
        has_scrolled = region.evaluate(
            """region => new Promise(resolve => {
                const look = () => region.scrollLeft > 0 ? resolve(true) : requestAnimationFrame(look);
                look();
            })"""
        )

        assert (table_is_wider, has_scrolled) == (True, True)


def test_the_skip_link_is_first_and_leads_to_the_report(browser, written_report):
    with _opened(browser, written_report(**RUNS["passed"])) as opened:
        opened.page.keyboard.press("Tab")
        assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the report"

        opened.page.keyboard.press("Enter")
        opened.page.wait_for_url("**#main")


def test_screen_readers_find_landmarks_headings_and_pictures(browser, written_report):
    with _opened(browser, written_report(**RUNS["passed"])) as opened:
        assert opened.page.get_by_role("main").count() == 1
        assert opened.page.get_by_role("navigation", name="Sections").count() == 1
        assert opened.page.get_by_role("heading", level=2).count() == 12
        assert opened.page.get_by_role("img", name="KPIs against their targets").count() == 1
