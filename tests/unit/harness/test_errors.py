"""Errors carry what happened, the next step and the exit code."""

import pytest

from harness.errors import (
    ExitCode,
    Interrupted,
    KpibenchError,
    MeasurementError,
    NoDataError,
    UsageError,
)
from harness.model.verdict import Outcome


@pytest.mark.parametrize(
    ("kind", "code"), [(UsageError, 2), (NoDataError, 3), (MeasurementError, 4), (Interrupted, 130)]
)
def test_each_kind_of_error_has_its_exit_code(kind, code):
    assert kind("x").exit_code == code


def test_a_hint_stands_on_a_line_of_its_own():
    assert str(KpibenchError("It broke.", hint="Mend it.")) == "It broke.\nMend it."
    assert str(KpibenchError("It broke.")) == "It broke."


def test_each_outcome_has_its_exit_code():
    assert {outcome.value: int(outcome.exit_code) for outcome in Outcome} == {
        "passed": 0,
        "warned": 0,
        "failed": 99,
        "inconclusive": 3,
        "no_data": 3,
        "invalid": 4,
    }
    assert ExitCode.CRASH == 1
