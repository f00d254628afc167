"""The page as a document: what a reader finds in it, and what must never be in it."""
# ruff: noqa: RUF001  - the true minus sign is what people see, so it is what is tested

import functools
import logging
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from reports.errors import ReportError
from reports.html.layout import SINGLE_FILE, STRICT_FOLDER, script_hash
from reports.html.page import lay_out, render_bodies, render_page
from reports.html.section import Section
from reports.html.sections import SECTIONS, chosen_sections
from reports.results import parse_results

HOSTILE = (
    "</script><b>bold",
    "GET /\"quoted'<img src=x onerror=alert(1)>",
    "GET /\u202etxt.exe",
    "GET /" + "x" * 10_000,
    "GET /$\\frac{1$",
    "{{ 7 * 7 }}",
)
_VOID = {"meta", "link", "br", "img", "hr", "input"}


class _Document(HTMLParser):
    """Collects tags with attributes and the text outside of drawings and style."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.open_tags = []
        self.words = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag

    def handle_data(self, data):
        if not {"svg", "style", "script"} & set(self.open_tags):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def bodies(results):
    return render_bodies(results)


@pytest.fixture(scope="module")
def page(results, bodies):
    return lay_out(results, bodies, layout=SINGLE_FILE)


@pytest.fixture(scope="module")
def page_of(build_document):
    """Give the page of a run with one endpoint and some outcome."""

    @functools.cache
    def render(outcome):
        return render_page(parse_results(build_document(outcome=outcome, endpoint_count=1)))

    return render


@pytest.fixture(scope="module")
def document(page):
    return _Document(page)


def test_every_tag_is_closed(document):
    assert document.open_tags == []


def test_ids_are_unique_and_every_link_leads_somewhere(document):
    ids = [attributes["id"] for _, attributes in document.tags if "id" in attributes]
    links = [attributes["href"].removeprefix("#") for attributes in document.all("a")]

    assert [own_id for own_id, count in Counter(ids).items() if count > 1] == []
    assert set(links) <= set(ids)


def test_nothing_is_fetched_and_nothing_runs_but_our_own_script(page, document):
    assert document.all("script") == [{}]
    assert f"script-src '{script_hash()}'" in page
    assert not [
        name
        for _, attributes in document.tags
        for name in attributes
        if name == "style" or name.startswith("on")
    ]
    assert not {"iframe", "object", "embed", "base", "form"} & {tag for tag, _ in document.tags}
    targets = [a[name] for _, a in document.tags for name in ("src", "href", "action") if name in a]
    assert all(target.startswith(("#", "data:,")) for target in targets)
    assert not re.search(r"@import|url\((?!#)|javascript:", page)
    assert not re.findall(r"https?://(?!www\.w3\.org/)", page)


def test_the_outline_is_one_h1_and_an_h2_a_section(document, results):
    assert document.all("html")[0]["lang"] == "en"
    assert len(document.all("h1")) == 1
    assert len(document.all("main")) == len(document.all("nav")) == 1
    applying = [section for section in SECTIONS if section.applies(results)]
    assert len(document.all("h2")) == len(document.all("section")) == len(applying)
    assert document.tags[[tag for tag, _ in document.tags].index("body") + 1] == (
        "a",
        {"class": "skip", "href": "#main"},
    )


def test_every_figure_has_title_description_caption_and_data(page):
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)

    kpis, of_all, of_each, of_every_other, others = 1, 4, 10 * 2, 5 * 2, 4
    assert len(figures) == kpis + of_all + of_each + of_every_other + others, (
        "over time, layers, resources, runtime"
    )
    for figure in figures:
        assert re.search(r'<svg [^>]*role="img"', figure)
        for part in ("<title ", "<desc ", "<figcaption>", "<details>", "<caption>", 'scope="row"'):
            assert part in figure


def test_every_table_has_a_caption_and_scoped_headers_in_a_region_for_the_keyboard(page, document):
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)

    assert len(tables) == len(document.all("caption"))
    assert all("scope" in header for header in document.all("th"))
    regions = [a for _, a in document.tags if a.get("role") == "region"]
    assert len(regions) == len(tables) + page.count('role="img"')
    assert all(region["tabindex"] == "0" and region["aria-label"] for region in regions)


@pytest.mark.parametrize(
    ("outcome", "word", "sentence"),
    [
        ("passed", "Passed", "Yes: the change keeps what it promised."),
        ("failed", "Failed", "No: the change does not keep what it promised."),
        ("inconclusive", "Inconclusive", "Undecided:"),
        ("invalid", "Invalid", "No conclusion: the measurement itself went wrong"),
    ],
)
def test_the_verdict_is_a_word_a_shape_and_a_sentence(page_of, outcome, word, sentence):
    page = page_of(outcome)
    text = _Document(page).text

    assert f"Verdict {word} {sentence}" in text
    assert f'class="shape shape-{outcome}"' in page
    assert f"<title>{word}: " in page


def test_the_scorecard_gives_target_values_change_and_reason(document):
    assert (
        "≤ 400 ms 248 ms to spare (238 to 257) change ≤ −60 % 3.00 points to spare (0.78 to 5.22) "
        "412 ms (401 to 425) 152 ms (143 to 162) −63.0 % better (−65.2 to −60.8)"
    ) in document.text
    assert "not resolvable: 207 requests a round, p99 needs 500" in document.text


def test_endpoints_are_listed_least_improved_first_with_reasons_for_what_is_unknown(document):
    section = document.text.split("Least improved first, by the median")[1].split("Endpoint by endpoint")[0]

    assert section.index("all requests") < section.index("GET /health") < section.index("GET /revenue")
    assert "331 → 430 ms +30.0 % worse (+22.2 to +39.1)" in section
    assert "not resolvable 3 requests a round, p95 needs 100" in section


def test_what_got_worse_is_there_even_if_it_is_nothing(build_document, document):
    nothing = _Document(render_page(parse_results(build_document(endpoint_count=2)))).text

    assert "3 measured values got worse beyond doubt" in document.text
    assert "1 value may have got worse" in document.text
    assert "Nothing got worse beyond doubt" in nothing


def test_a_run_that_resolves_nothing_does_not_claim_that_nothing_got_worse(build_document):
    raw = build_document(endpoint_count=1)
    for comparison in raw["comparisons"]:
        comparison |= {
            "before": None,
            "after": None,
            "change": None,
            "reason": "1 round, an interval needs 6",
        }
    text = _Document(render_page(parse_results(raw))).text

    assert "Cannot be said: none of the comparisons is resolvable." in text


def test_an_invalid_run_shows_no_headline_numbers(page_of):
    assert 'class="tiles"' in page_of("inconclusive")
    assert 'class="tiles"' not in page_of("invalid")


def test_a_broken_check_and_a_gap_stand_next_to_the_verdict(build_document):
    raw = build_document(outcome="invalid", endpoint_count=1)
    raw["gap"] = "Round 3 was interrupted for 40 s."
    text = _Document(render_page(parse_results(raw))).text.rpartition("KPI scorecard")[0]

    assert "1 validity check did not hold: late-arrivals" in text
    assert "Gap in the measurement: Round 3 was interrupted for 40 s." in text


def test_a_server_without_server_timing_is_said_so_and_not_shown_as_zero(build_document):
    text = _Document(render_page(parse_results(build_document(endpoint_count=1, server_timing=False)))).text

    assert "? → 82.4 ms" in text
    assert "the server sends no Server-Timing header" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_endpoint_name_is_only_text(build_document, name):
    raw = build_document(endpoints=[name])
    raw["kpis"][0] |= {"title": name, "endpoint": name}
    raw["queries"]["before"][0]["query"] = name
    raw["variants"][0]["title"] = name
    page = render_page(parse_results(raw))
    parsed = _Document(page)

    assert parsed.open_tags == []
    assert not {"img", "b1"} & {tag for tag, _ in parsed.tags}
    assert len(parsed.all("script")) == 1
    assert "\u202e" not in page
    assert max(len(word) for word in parsed.text.split()) <= 4_000
    assert "could not be made" not in parsed.text


def test_one_failed_section_does_not_lose_the_others(results, caplog):
    def fail(_results):
        raise ZeroDivisionError

    broken = Section(id="broken", title="Broken", part="engineer", template="verdict.html", content=fail)
    with caplog.at_level(logging.WARNING):
        text = _Document(render_page(results, (broken, *chosen_sections(["kpis"])))).text

    assert "This part of the report could not be made (ZeroDivisionError)" in text
    assert "KPI scorecard" in text
    assert "'broken'" in caplog.text


def test_no_section_fails_on_any_outcome_or_size(build_document, caplog):
    for outcome, count in (("failed", 3), ("inconclusive", 1), ("invalid", 2)):
        render_page(parse_results(build_document(outcome=outcome, endpoint_count=count)))

    assert caplog.records == []


def test_a_run_without_data_says_how_much_is_missing(build_document, caplog):
    raw = build_document(endpoint_count=1)
    raw |= {
        "kpis": [],
        "comparisons": [],
        "variants": [],
        "validity": [],
        "rounds": [],
        "queries": {},
        "layers": {},
        "external_calls": {},
        "environment": {},
    }
    raw["charts"] = {
        "ecdf": [
            {
                "endpoint": "*",
                "metric": "response_time",
                "before": {"x_ms": [3.0], "share": [1.0]},
                "after": None,
            }
        ],
        "over_time": [],
    }
    del raw["errors"]
    page = render_page(parse_results(raw))
    text = _Document(page).text

    assert "Response time of all requests: not enough data: n = 0 points, need 2." in text
    assert "Response time over the run: not enough data: n = 0 windows, need 2." in text
    assert "Endpoints: not enough data: n = 0 endpoints, need 1." in text
    assert "Memory and CPU over the run: not enough data: n = 0 looks at the servers, need 2." in text
    assert "Plain words: not enough data: n = 0 resolvable comparisons of all requests, need 1." in text
    assert "No KPI was judged in this run." in text
    assert "<figure" not in page
    assert caplog.records == []


def test_equal_results_give_equal_bytes(build_document, page_of):
    assert page_of("passed") == render_page(parse_results(build_document(endpoint_count=1)))


def test_ten_endpoints_stay_small(page):
    assert len(page.encode()) < 800_000


@pytest.mark.long
def test_ten_variants_and_thirty_endpoints_stay_within_the_budget(build_document):
    results = parse_results(build_document(endpoint_count=30, phase_count=8, round_count=10))

    assert len(results.variants) == 10
    assert len(render_page(results).encode()) < 1_500_000


def test_the_page_for_strict_servers_has_no_inline_style_no_script_and_no_data_picture(results, bodies, page):
    strict = lay_out(results, bodies, layout=STRICT_FOLDER)
    document = _Document(strict)

    assert not {"style", "script"} & {tag for tag, _ in document.tags}
    assert not [a for _, a in document.tags if "style" in a]
    assert not re.search(r'(src|href)="data:', strict)
    assert ("link", {"rel": "stylesheet", "href": "report.css"}) in document.tags
    assert strict.count('role="img"') == page.count('role="img"') > 0


def test_what_each_phase_brought_is_told_only_where_there_are_phases(build_document, document):
    text = _Document(render_page(parse_results(build_document(endpoint_count=1, phase_count=2)))).text

    assert "What each phase brought" not in document.text
    section = text.split("In the order in which the experiment")[1].split("What got worse")[0]
    assert section.index("Before the opt") < section.index("Phase 1") < section.index("After the opt")
    assert "Phase 1 of the plan p1 296 ms (281 to 311) −28.2 % better" in section
    assert "Phase 2 of the plan p2 212 ms (202 to 223) −48.5 % better (−51.6 to −44.9)" in section
    steps = section.split("Change of each phase against the phase before it")[1]
    assert "Phase 2 of the plan p2 −28.2 % better" in steps


def test_the_scorecard_shows_what_was_claimed(build_document, document):
    raw = build_document(endpoint_count=1)
    raw["kpis"][0]["claim"] = {"before": "800-1200 ms", "after": "250-400 ms", "improvement": "60-70 %"}
    text = _Document(render_page(parse_results(raw), chosen_sections(["kpis"]))).text

    assert "800-1200 ms → 250-400 ms 60-70 %" in text
    assert "Verdict KPI Claim Target and margin" in text
    assert "Verdict KPI Target and margin" in document.text


def test_only_the_chosen_sections_are_shown(results):
    document = _Document(render_page(results, chosen_sections(["errors", "verdict"])))

    assert [section["id"] for section in document.all("section")] == ["verdict", "errors"]
    with pytest.raises(ReportError, match="no section 'nonsense'"):
        chosen_sections(["nonsense"])


def test_a_table_is_cut_and_says_where_the_rest_is(build_document):
    raw = build_document(endpoint_count=1)
    raw["errors"] = {
        "group_count": 300,
        "groups": [
            {"variant": "after", "endpoint": "GET /a", "status": 500, "message": f"no {i}", "count": 1}
            for i in range(200)
        ],
    }
    text = _Document(render_page(parse_results(raw), chosen_sections(["errors"]))).text

    assert "150 more in data/errors.csv." in text
    assert "100 more kinds only in the samples" in text


def test_what_kept_the_servers_from_answering_is_told_or_that_it_was_not_measured(build_document, document):
    unwatched = _Document(
        render_page(
            parse_results(build_document(endpoint_count=1, server_timing=False)),
            chosen_sections(["resources"]),
        )
    ).text

    assert "came round 60.0 ms (54.0 to 72.0) 3.00 ms (2.70 to 3.60)" in document.text
    assert "Garbage collections per 1,000 requests 412 6.5" in document.text
    assert "Not measured: no server of this run told" in unwatched


def test_statements_that_look_like_one_query_a_row_are_told(document):
    assert "looks like N+1 before" in document.text


def test_what_an_endpoint_has_too_little_data_for_is_told_in_place_of_the_chart(document):
    assert (
        "Heat maps of DELETE /bookings: not enough data: n = 114 good requests of each variant, need 200."
        in (document.text)
    )
    assert "Change by quantile of DELETE /bookings: not enough data: n = 114 requests" in document.text
