"""The little script of report.html: comfort that nobody needs."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, written_report):
    page = browser.new_page()
    page.goto(written_report(outcome="failed", endpoint_count=10).as_uri())
    yield page
    page.close()


def _first_column(table):
    return table.locator("tbody tr > :first-child").all_inner_texts()


def test_a_table_is_sorted_by_a_click_and_told_to_those_who_listen(page):
    table = page.locator("table.endpoints")
    header = table.locator("th", has_text="Response p50").first
    as_rendered = _first_column(table)

    header.get_by_role("button").click()
    values = [
        float(cell.get_attribute("data-sort")) for cell in table.locator("tbody tr td:nth-child(3)").all()
    ]

    assert values == sorted(values)
    assert header.get_attribute("aria-sort") == "ascending"
    assert table.locator("th[aria-sort]").count() == 1
    assert page.get_by_role("status").inner_text() == "Sorted by Response p50, ascending."

    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert sorted(_first_column(table)) == sorted(as_rendered)


def test_what_is_unknown_comes_last_in_both_directions(page):
    table = page.locator("table.endpoints")
    button = table.locator("th", has_text="p95").first.get_by_role("button")
    for _ in range(2):
        button.click()
        keys = [cell.get_attribute("data-sort") for cell in table.locator("tbody tr td:nth-child(5)").all()]

        assert "?" in keys
        assert "?" not in keys[: keys.index("?")]
        assert set(keys[keys.index("?") :]) == {"?"}


def test_everything_unfolds_and_folds_at_once(page):
    folded = page.locator("details:not([open])").count()
    page.get_by_role("button", name="Unfold everything").click()
    unfolded = page.locator("details:not([open])").count()
    page.get_by_role("button", name="Fold everything").click()

    assert folded > 20
    assert (unfolded, page.locator("details[open]").count()) == (0, 0)


def test_an_endpoint_of_the_table_leads_to_its_details(page):
    page.locator("table.endpoints tbody a").first.click()
    page.wait_for_url("**#endpoint-1")

    assert page.locator("#endpoint-1 figure").first.is_visible()
