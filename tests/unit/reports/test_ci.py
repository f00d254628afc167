"""What build servers read: names that stay, text that does no harm, and nothing that looks like a pass."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.cli.report import EXPORT_FORMS
from reports.annotations import MOST, annotation_lines
from reports.ci import announce, write_ci_files
from reports.exports import EXPORTS
from reports.junit import render_junit
from reports.results import parse_results
from reports.summary import LIMIT, marker, render_summary

HOSTILE = "a|b <script> @team ]]> & \x00 \ufffe \u202e [x](http://x) `c` --> $1"


@pytest.fixture
def failed(build_document):
    return parse_results(build_document(outcome="failed", endpoint_count=2))


def only(results, **changes):
    """Give the run with its first KPI alone, changed."""
    return replace(results, kpis=(replace(results.kpis[0], **changes),))


def case_of(results):
    return next(ET.fromstring(render_junit(results)).iter("testcase"))


def test_names_in_junit_do_not_depend_on_what_was_measured(build_document):
    def names(outcome, seed):
        root = ET.fromstring(render_junit(parse_results(build_document(outcome=outcome, seed=seed))))
        return [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]

    assert names("passed", 1) == names("failed", 2) == names("invalid", 3)
    assert len(set(names("passed", 1))) == len(names("passed", 1)), "GitLab drops what has the same name"


@pytest.mark.parametrize(
    ("outcome", "is_blocking", "kind"),
    [
        ("passed", True, None),
        ("warned", True, None),
        ("failed", True, "failure"),
        ("inconclusive", True, "skipped"),
        ("no_data", True, "error"),
        ("failed", False, "skipped"),
        ("no_data", False, "skipped"),
    ],
)
def test_each_outcome_is_what_build_servers_take_it_for(results, outcome, is_blocking, kind):
    case = case_of(only(results, outcome=outcome, is_blocking=is_blocking, reason="The reason."))
    told = [child for child in case if child.tag in {"failure", "error", "skipped"}]

    assert [child.tag for child in told] == ([kind] if kind else [])
    for child in told:
        assert "The reason." in child.get("message", "")
        assert "The reason." in (child.text or ""), "GitLab reads the content, not the message"


def test_a_warning_passes_and_is_told(results):
    told = case_of(only(results, outcome="warned", reason="Near the limit.")).findtext("system-out") or ""

    assert told.startswith("WARNED: Near the limit.")


def test_in_an_invalid_run_no_kpi_passes(build_document):
    root = ET.fromstring(render_junit(parse_results(build_document(outcome="invalid"))))
    suite = root.find("testsuite")

    assert suite is not None
    assert suite.get("errors") == suite.get("tests") != "0"


def test_the_counts_of_junit_are_those_of_its_cases(failed):
    root = ET.fromstring(render_junit(failed))

    for element in (root, *root.iter("testsuite")):
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
        assert element.get("errors") == str(len(list(element.iter("error"))))
        assert element.get("skipped") == str(len(list(element.iter("skipped"))))


def test_junit_stays_xml_whatever_stands_in_names(failed):
    case = case_of(only(failed, title=HOSTILE, reason=HOSTILE))

    assert "a|b <script>" in (case.findtext("failure") or "")


def test_the_summary_ends_with_its_marker_and_is_told_apart_by_experiment(results):
    text = render_summary(results)

    assert text.splitlines()[-1] == "<!-- kpibench:quick -->"
    assert marker(replace(results, experiment="x --> y")) == "<!-- kpibench:x-----y -->"


def test_the_summary_shows_what_comes_from_outside_and_lets_it_do_nothing(failed):
    row = next(line for line in render_summary(only(failed, title=HOSTILE)).splitlines() if "script" in line)

    assert len(re.findall(r"(?<!\\)\|", row)) == 8, "seven cells"
    assert not re.search(r"(?<!\\)[<`\[](?!br>)", row)
    assert "@team" not in row


def test_a_summary_never_outgrows_a_comment_and_says_what_it_left_out(failed):
    kpi = failed.kpis[0]
    many = tuple(replace(kpi, id=f"k{index}", reason="x" * 280) for index in range(400))
    passed = tuple(replace(failed.kpis[1], id=f"p{index}") for index in range(400))

    text = render_summary(replace(failed, kpis=(*many, *passed)))

    assert len(text) <= LIMIT
    assert text.endswith("<!-- kpibench:quick -->\n")
    assert text.count("left out: this text has reached its limit.") == 2
    shown = len(re.findall(r"^\| ❌", text, re.MULTILINE))
    assert 50 < shown < 400
    assert f"{400 - shown} KPIs left out" in text


def test_at_most_ten_annotations_are_given_and_the_last_tells_of_the_others(failed):
    kpi = failed.kpis[0]
    many = tuple(replace(kpi, id=f"k{index}", line=index + 1) for index in range(12))

    lines = annotation_lines(replace(failed, kpis=many), kpi_file=Path("kpis.yaml"))

    assert len(lines) == MOST
    assert lines[0].startswith("::error file=kpis.yaml,line=1,title=k0%3A Users wait 60 %25 less::FAILED: ")
    assert "3 more KPIs did not pass" in lines[-1]


def test_an_annotation_is_one_line_and_its_properties_cannot_be_broken_out_of(failed):
    (line,) = annotation_lines(only(failed, title="a,b::c\r\nd", reason="1\n::error::2"), kpi_file=None)

    assert "\n" not in line
    assert line.count("::") >= 2
    assert line.startswith("::error title=response-time%3A a%2Cb%3A%3Ac")


def test_blocking_failures_are_annotated_first_and_what_passed_is_not(results):
    kpi = results.kpis[0]
    kpis = (
        replace(kpi, id="advice", outcome="failed", is_blocking=False),
        replace(kpi, id="fine"),
        replace(kpi, id="open", outcome="inconclusive"),
    )

    lines = annotation_lines(replace(results, kpis=kpis), kpi_file=None)

    assert [line.split()[0] for line in lines] == ["::warning", "::notice"]


@pytest.fixture
def run_dir(tmp_path):
    (tmp_path / "repository").mkdir()
    asked = tmp_path / "repository" / "kpis.yaml"
    asked.write_text("version: 1\n")
    run = tmp_path / "run"
    run.mkdir()
    (run / "kpis.yaml").write_text("version: 1\n")
    (run / "plan.json").write_text(json.dumps({"kpi_file": str(asked)}))
    return run


def test_on_github_the_summary_is_appended_and_the_kpi_file_is_annotated(failed, run_dir):
    summary = run_dir / "step.md"
    summary.write_text("before\n")
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_WORKSPACE": str(run_dir.parent / "repository"),
    }

    lines = announce(only(failed, line=3), run_dir, environment)

    assert summary.read_text().startswith("before\n## ❌ Failed: ")
    assert lines[0].startswith("::error file=kpis.yaml,line=3,")


def test_a_line_of_another_kpi_file_is_not_annotated(failed, run_dir):
    (run_dir / "kpis.yaml").write_text("version: 1 # judged by another file\n")
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(run_dir.parent)}

    assert announce(only(failed, line=3), run_dir, environment)[0].startswith("::error title=")


def test_elsewhere_nothing_is_announced(failed, run_dir):
    assert announce(failed, run_dir, {}) == ()


def test_equal_results_give_equal_files(failed, tmp_path):
    first = [path.read_bytes() for path in write_ci_files(failed, tmp_path)]

    assert [path.read_bytes() for path in write_ci_files(failed, tmp_path)] == first


def test_the_command_line_offers_the_exports_that_exist():
    assert tuple(export.id for export in EXPORTS) == EXPORT_FORMS


def texts(results):
    return {name: text for export in EXPORTS for name, text in export.render(results).items()}


def test_an_invalid_run_passes_no_number_on(build_document):
    found = texts(parse_results(build_document(outcome="invalid")))

    assert json.loads(found["gab-smaller.json"]) == json.loads(found["gab-bigger.json"]) == []
    assert json.loads(found["bmf.json"]) == {}
    assert json.loads(found["load-performance.json"])["metrics"] == {"checks": {"passes": 0, "fails": 4}}
    assert "kpibench_kpi_after{" not in found["metrics.txt"]
    assert 'kpibench_kpi_passed{kpi="errors"} 0' in found["metrics.txt"]
    assert json.loads(found["badge.json"])["message"] == "invalid"


def test_the_exports_hold_what_their_readers_need(results):
    found = texts(results)

    for entry in json.loads(found["gab-smaller.json"]):
        assert {"name", "unit", "value", "range", "extra"} == entry.keys()
        assert isinstance(entry["value"], float)
    for measures in json.loads(found["bmf.json"]).values():
        for measure in measures.values():
            assert measure["lower_value"] <= measure["value"] <= measure["upper_value"]
    badge = json.loads(found["badge.json"])
    assert badge == {"schemaVersion": 1, "label": "KPIs", "message": "passed, 3 of 3", "color": "blue"}
    assert ET.fromstring(found["badge.svg"]).tag.endswith("svg")
    assert json.loads(found["load-performance.json"])["metrics"]["http_reqs"] == {"rate": 8.0}


LABELS = r'\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\}'


def test_openmetrics_keeps_its_grammar_and_each_family_is_declared_once(failed):
    hostile = replace(
        failed, kpis=(*failed.kpis, replace(failed.kpis[0], id="other", endpoint='GET "a\\b"\nx'))
    )
    lines = texts(hostile)["metrics.txt"].split("\n")
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]

    assert lines[-2:] == ["# EOF", ""]
    assert len(families) == len(set(families)) == 5
    for line in lines[:-2]:
        sample = re.fullmatch(rf"(kpibench_[a-z_]+){LABELS} -?[\d.e+-]+", line)
        assert re.fullmatch(r"# (TYPE|HELP) kpibench_[a-z_]+ .+", line) or (sample and sample[1] in families)
    assert len(lines) == len(set(lines)), "no series is given twice"
