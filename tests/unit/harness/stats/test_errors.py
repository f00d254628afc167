"""Failures that look alike are one group."""

from harness.stats.errors import ErrorGroup, group_errors
from tests.unit.harness.stats.test_measure import columns


def test_failures_are_counted_by_endpoint_status_and_message():
    found = group_errors(columns(["GET /a", "GET /b", "GET /a", "GET /a"], [1.0] * 4, failed=[0, 1, 2]))

    assert found == {
        ErrorGroup(endpoint="GET /a", status=200, message="wrong"): 2,
        ErrorGroup(endpoint="GET /b", status=200, message="wrong"): 1,
    }


def test_a_run_without_failures_has_no_groups():
    assert group_errors(columns(["GET /a"], [1.0])) == {}
