"""A check of the data: its findings are counted, and a check that cannot be made proves nothing."""

import pytest

from harness.model.count import Count
from harness.target.invariants import check_invariants

URL = "postgresql://app:secret-word@127.0.0.1:1/data"


def check(script):
    command = ("{python}", "-c", script, "{variant}", "{database_url}")
    return check_invariants(command, variant_id="after", database_url=URL)


def test_exit_code_0_is_no_finding():
    assert check("print('looked at 7 tables')") == Count(count=0)


def test_each_line_is_a_finding():
    found = check("import sys; print('double: 1'); print(); print('lost: 2'); sys.exit(1)")

    assert found == Count(count=2, names=("double: 1", "lost: 2"))


def test_the_command_knows_variant_and_database():
    found = check("import sys; print(sys.argv[1]); print(len(sys.argv[2])); sys.exit(1)")

    assert found.names == ("after", str(len(URL)))


@pytest.mark.parametrize(
    "script",
    [
        "import sys; sys.stderr.write('no table, ' + sys.argv[2]); sys.exit(2)",
        "import os, signal; print('half', flush=True); os.kill(os.getpid(), signal.SIGKILL)",
        "raise SystemExit(1)",
    ],
)
def test_a_check_that_did_not_end_as_it_should_counts_nothing(script):
    found = check(script)

    assert found.count is None
    assert found.reason.startswith("the check cannot be made, it exited with")
    assert "secret-word" not in found.reason


def test_a_command_that_is_not_there_counts_nothing():
    found = check_invariants(("/nowhere/check",), variant_id="after", database_url=URL)

    assert found.count is None
    assert "No such file" in found.reason
