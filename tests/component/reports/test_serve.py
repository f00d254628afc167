"""The local servers, over real HTTP: all runs, two beside each other, and a run that goes on."""

import json
import re
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from harness.store.run_folder import RunFolder
from reports.errors import ReportError
from reports.live import make_live_server
from reports.serve import HOST, make_server
from tests.statistics.synthetic_run import SyntheticRun


@contextmanager
def _serving(server):
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8")


@pytest.fixture
def runs_dir(tmp_path, build_document):
    for name, outcome in (("one", "passed"), ("other", "failed"), ("<b>odd", "passed")):
        (tmp_path / name).mkdir()
        document = build_document(outcome=outcome, endpoint_count=1) | {"run_id": name}
        (tmp_path / name / "results.json").write_text(json.dumps(document))
        (tmp_path / name / "report.html").write_text(f"report of {name}")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "results.json").write_text("{")
    (tmp_path / "notes.txt").write_text("not served")
    return tmp_path


def test_all_runs_are_listed_with_their_verdicts_and_faults(runs_dir):
    with _serving(make_server(runs_dir, 0)) as address:
        status, page = _get(f"{address}/")

    assert status == 200
    assert 'href="/one/report.html"' in page
    assert "verdict-passed" in page
    assert "verdict-failed" in page
    assert "is not JSON" in page
    assert "<b>odd" not in page
    assert 'href="/%3Cb%3Eodd/report.html"' in page


def test_any_two_runs_stand_beside_each_other_and_neither_is_judged_by_the_other(runs_dir):
    with _serving(make_server(runs_dir, 0)) as address:
        status, page = _get(f"{address}/compare?a=one&b=other")
        missing, _ = _get(f"{address}/compare?a=one")

    assert status == 200
    assert "they did not take turns" in page
    assert page.count("Users wait 60 % less") == 1
    assert "152 ms" in page
    assert "321 ms" in page
    assert missing == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("one/report.html", 200),
        ("one/results.json", 200),
        ("one/../../etc/passwd", 404),
        ("%2e%2e/%2e%2e/etc/passwd", 404),
        ("notes.txt", 404),
        ("one/", 404),
        ("nothing/report.html", 404),
    ],
)
def test_only_files_of_runs_are_served(runs_dir, path, status):
    with _serving(make_server(runs_dir, 0)) as address:
        assert _get(f"{address}/{path}")[0] == status


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ReportError, match="There is no folder"):
        make_server(tmp_path / "runs", 0)


def test_the_live_page_follows_a_run_and_gives_no_verdict_before_its_end(tmp_path):
    SyntheticRun(rounds=2, finished_slices=4).write(tmp_path / "run")
    folder = RunFolder.open(tmp_path / "run")
    folder.write_status({"state": "running", "note": "Round 2 of 2."})
    with _serving(make_live_server(folder.path, 0)) as address:
        _, running = _get(f"{address}/")
        folder.write_status({"state": "finished", "note": ""})
        elsewhere, _ = _get(f"{address}/results.json")

    assert 'http-equiv="refresh"' in running
    assert "Verdict so far: undecided." in running
    assert "round 2 of 2" in running
    assert re.search(
        r'<th scope="row">before</th><td class="num">[\d.]+</td><td class="num">[\d.]+ ms', running
    )
    assert "stroke-before" in running
    assert elsewhere == 404


def test_the_live_page_shows_the_verdict_of_a_look_as_such_and_of_the_run_that_is_judged(runs_dir):
    run = runs_dir / "one"
    (run / "plan.json").write_text(
        json.dumps({"title": "t", "variants": [{"id": "a"}, {"id": "b"}], "rounds": []})
    )
    pages = {}
    with _serving(make_live_server(run, 0)) as address:
        for state in ("running", "finished"):
            (run / "status.json").write_text(json.dumps({"state": state, "note": ""}))
            _, pages[state] = _get(f"{address}/")

    assert "at the planned look after 6 rounds" in pages["running"]
    assert 'class="hero ' not in pages["running"]
    page = pages["finished"]
    assert 'class="hero hero-passed"' in page
    assert 'http-equiv="refresh"' not in page
    assert str(run / "report.html") in page


def test_a_run_without_a_plan_is_told(tmp_path):
    with _serving(make_live_server(tmp_path, 0)) as address:
        assert _get(f"{address}/")[0] == 503
