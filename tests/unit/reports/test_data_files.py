"""The tables in full, beside the report."""

import csv
import hashlib

from reports.data_files import describe_files, write_data_files
from reports.results import parse_results


def _rows(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_every_table_is_written_in_full(results, tmp_path):
    write_data_files(results, tmp_path)

    assert {path.name for path in (tmp_path / "data").iterdir()} == {
        "comparisons.csv", "distributions.csv", "errors.csv", "external_calls.csv",
        "heat.csv", "layers.csv", "over_time.csv", "resources.csv",
        "runtime.csv", "shift.csv", "statements.csv",
    }  # fmt: skip
    comparisons = _rows(tmp_path / "data" / "comparisons.csv")
    assert len(comparisons) == len(results.comparisons)
    assert float(comparisons[0]["before_value"]) == results.comparisons[0].before.value
    assert comparisons[0]["baseline"] == "before"


def test_what_a_spreadsheet_would_run_is_only_text(build_document, tmp_path):
    write_data_files(parse_results(build_document(endpoints=["=HYPERLINK(1)", "GET /\u202ea"])), tmp_path)
    endpoints = {row["endpoint"] for row in _rows(tmp_path / "data" / "comparisons.csv")}

    assert endpoints == {"*", "'=HYPERLINK(1)", "GET /\\u202ea"}


def test_files_are_told_with_their_checksums(results, tmp_path):
    (tmp_path / "results.json").write_bytes(b"{}")
    write_data_files(results, tmp_path)
    told = {file.name: file for file in describe_files(tmp_path)}

    assert told["results.json"].sha256 == hashlib.sha256(b"{}").hexdigest()
    assert told["results.json"].byte_count == 2
    assert "data/heat.csv" in told
    assert "plan.json" not in told
