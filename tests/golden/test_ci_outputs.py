"""What build servers and other tools read of a run, whole: files whose every character somebody parses."""

from dataclasses import replace
from pathlib import Path

import pytest

from reports.annotations import annotation_lines
from reports.exports import EXPORTS
from reports.junit import render_junit
from reports.results import Claim
from reports.summary import render_summary

RUNS = ("passed", "mixed", "invalid")


@pytest.fixture
def run(build_results):
    """Give a run by name; `mixed` holds a KPI of each outcome, and advisory ones."""

    def run(name):
        if name != "mixed":
            return build_results(outcome=name, endpoint_count=2)
        results = build_results(outcome="failed", endpoint_count=2)
        missed, errors, queries, tail = results.kpis
        kpis = (
            replace(
                missed,
                warn=("<= 450 ms",),
                claim=Claim(before="800-1200 ms", after="at most 400 ms", improvement="60-70 % faster"),
                owner="bookings",
                line=5,
            ),
            errors,
            replace(queries, outcome="warned", reason="6.4 queries keep the warning limit, 7", line=20),
            replace(tail, id="tail-blocking", is_blocking=True, line=30),
            replace(tail, outcome="no_data", id="lost", is_blocking=True, reason="No request came.", line=40),
            replace(missed, id="hint", title="Advice | with a pipe, a <tag> and @someone", is_blocking=False),
        )
        return replace(results, kpis=kpis)

    return run


@pytest.mark.parametrize("name", RUNS)
def test_junit_is_as_it_was(run, assert_golden, name):
    assert_golden(f"ci/junit-{name}.xml", render_junit(run(name)))


@pytest.mark.parametrize("name", RUNS)
def test_the_summary_is_as_it_was(run, assert_golden, name):
    assert_golden(f"ci/summary-{name}.md", render_summary(run(name)))


@pytest.mark.parametrize("name", RUNS)
def test_the_annotations_are_as_they_were(run, assert_golden, name):
    lines = annotation_lines(run(name), kpi_file=Path("perf/kpis.yaml"))

    assert_golden(f"ci/annotations-{name}.txt", "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.id)
def test_the_exports_are_as_they_were(run, assert_golden, export, name):
    for file_name, text in export.render(run(name)).items():
        assert_golden(f"ci/{name}-{file_name}", text)
