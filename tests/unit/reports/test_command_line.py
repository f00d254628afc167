"""The commands as a shell sees them."""

import json
import os
import subprocess
import sys

import pytest

from reports.command_line import main


@pytest.fixture
def run_dir(tmp_path, build_document):
    (tmp_path / "results.json").write_text(json.dumps(build_document(endpoint_count=1)), encoding="utf-8")
    return tmp_path


def test_html_writes_the_report_and_prints_its_path(run_dir, capsys):
    assert main(["html", str(run_dir)]) == 0

    assert capsys.readouterr().out == f"{run_dir / 'report.html'}\n"
    assert (run_dir / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert {path.name for path in run_dir.iterdir()} == {"results.json", "report.html", "report", "data"}
    assert {path.name for path in (run_dir / "report").iterdir()} == {"index.html", "report.css"}


def test_a_theme_and_sections_can_be_chosen(run_dir, tmp_path_factory):
    theme = tmp_path_factory.mktemp("theme") / "theme.yaml"
    theme.write_text("name: Example Ltd")

    assert main(["html", str(run_dir), "--section", "kpis", "--theme", str(theme)]) == 0

    page = (run_dir / "report.html").read_text(encoding="utf-8")
    assert "Example Ltd" in page
    assert page.count("<section ") == 1


def test_an_unknown_section_is_one_sentence_and_exit_code_two(run_dir, capsys):
    assert main(["html", str(run_dir), "--section", "nonsense"]) == 2

    assert capsys.readouterr().err.startswith(
        "error: There is no section 'nonsense'.\nThere are: verdict, kpis"
    )


def test_a_pdf_needs_the_page_first(run_dir, capsys):
    assert main(["pdf", str(run_dir)]) == 2

    assert "There is no report.html" in capsys.readouterr().err


def test_a_second_report_replaces_the_first_with_equal_bytes(run_dir):
    main(["html", str(run_dir), "--section", "verdict", "--section", "kpis"])
    first = (run_dir / "report.html").read_bytes()

    main(["html", str(run_dir), "--section", "verdict", "--section", "kpis"])

    assert first == (run_dir / "report.html").read_bytes()


def test_terminal_prints_the_verdict_first(run_dir, capsys):
    assert main(["terminal", str(run_dir), "--width", "80"]) == 0

    assert capsys.readouterr().out.startswith("● PASSED  Before against after")


@pytest.mark.parametrize("command", ["html", "terminal"])
def test_a_folder_without_results_is_one_sentence_and_exit_code_two(tmp_path, capsys, command):
    assert main([command, str(tmp_path)]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error: There is no results.json in {tmp_path}.\n")


@pytest.mark.parametrize("arguments", [["--help"], ["html", "--help"], ["terminal", "--help"]])
def test_help_tells_how_to_call_it(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 0
    assert "RUN_DIR" in capsys.readouterr().out


def test_bad_usage_is_exit_code_two(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["png", "runs/1"])

    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_the_module_runs_in_a_plain_locale_without_colour(run_dir):
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "reports", "terminal", str(run_dir)],
        env={**os.environ, "LC_ALL": "C", "NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        check=True,
    )

    assert b"PASSED" in finished.stdout
    assert b"\x1b" not in finished.stdout
    assert finished.stderr == b""


def test_a_reader_that_stops_early_causes_no_traceback(run_dir):
    read_end, write_end = os.pipe()
    os.close(read_end)

    finished = subprocess.run(
        [sys.executable, "-m", "reports", "terminal", str(run_dir)],
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )

    os.close(write_end)
    assert (finished.returncode, finished.stderr) == (0, b"")
