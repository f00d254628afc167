"""The driver against Locust files that cannot run."""

import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest

from harness.drive.locust_driver import LocustDriver
from harness.errors import UsageError

TARGETS = {"before": "http://127.0.0.1:9"}


def test_a_missing_scenario_is_a_usage_error_that_names_it(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.py"):
        LocustDriver(tmp_path / "nowhere.py", TARGETS, log_path=tmp_path / "log")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("import no_such_module_anywhere", "No module named 'no_such_module_anywhere'"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "No User class found"),
    ],
)
def test_a_scenario_that_locust_cannot_run_is_a_usage_error_with_the_cause(tmp_path, text, cause):
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(UsageError, match=cause) as caught:
        LocustDriver(path, TARGETS, log_path=tmp_path / "log")
    assert str(path) in caught.value.message
    assert str(tmp_path / "log") in caught.value.hint


def test_the_generator_dies_with_a_harness_that_is_killed(tmp_path):
    scenario = tmp_path / "scenario.py"
    scenario.write_text(
        "from locust import FastHttpUser\n\nclass Visitor(FastHttpUser):\n    tasks = [print]\n"
    )
    harness = textwrap.dedent(f"""
        import signal
        from pathlib import Path
        from harness.drive.locust_driver import LocustDriver

        driver = LocustDriver(Path({str(scenario)!r}), {TARGETS!r}, log_path=Path({str(tmp_path / "log")!r}))
        print(driver.pid, flush=True)
        signal.pause()
    """)
    with subprocess.Popen([sys.executable, "-c", harness], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        generator = psutil.Process(int(process.stdout.readline()))
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs([generator], timeout=10)
    assert not generator.is_running()
