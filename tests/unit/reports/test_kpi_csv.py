"""kpi.csv: every KPI with its numbers in full, and nothing where nothing can be said."""

import csv

from reports.kpi_csv import write_kpi_csv


def _rows(results, tmp_path):
    with write_kpi_csv(results, tmp_path).open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_each_kpi_is_a_row_with_its_numbers_in_full(results, tmp_path):
    rows = _rows(results, tmp_path)

    assert list(rows) == [kpi.id for kpi in results.kpis]
    for kpi in results.kpis:
        row = rows[kpi.id]
        assert (row["outcome"], row["targets"]) == (kpi.outcome, "; ".join(kpi.targets))
        if kpi.change:
            assert float(row["change"]) == kpi.change.value
            assert (float(row["change_low"]), float(row["change_high"])) == (kpi.change.low, kpi.change.high)
        else:
            assert row["change"] == row["change_unit"] == ""


def test_equal_results_give_equal_bytes(results, tmp_path):
    first = write_kpi_csv(results, tmp_path).read_bytes()

    assert write_kpi_csv(results, tmp_path).read_bytes() == first
