"""results.json is checked, rounded, and the same bytes for the same results."""

import pytest
from jsonschema import ValidationError

from harness.errors import MeasurementError
from harness.store.results import _rounded, read_results, write_results
from harness.store.run_folder import RunFolder


def test_numbers_are_rounded_to_six_digits_and_nothing_else_is_touched():
    assert _rounded({"a": [1 / 3, 1234567.8, 2, True, None, "x"], "b": (-0.0,)}) == {
        "a": [0.333333, 1234570.0, 2, True, None, "x"],
        "b": [0.0],
    }
    assert str(_rounded(-0.0)) == "0.0"


def test_results_that_do_not_meet_the_schema_are_not_written(tmp_path):
    folder = RunFolder.create(tmp_path)

    with pytest.raises(ValidationError):
        write_results(folder, {"schema_version": 1, "environment": {}})

    with pytest.raises(MeasurementError, match=r"results.json: No such file"):
        read_results(folder)
