"""`no_access_log`: without it the server writes a line for each request, with it none."""

import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from harness.target.child import free_port, wait_for
from reference_app.variants import build

Clone = Callable[[tuple[str, ...]], str]


def test_a_line_for_each_request_without_it_and_none_with_it(clone: Clone, tmp_path: Path) -> None:
    url = clone(build("after").components.migrations)

    without, with_ = (
        _lines_of_three(url, tmp_path / "log", *more) for more in (["--without", "no_access_log"], [])
    )

    assert len(without) == 3
    assert all('"GET /health/live HTTP/1.1" 200' in line for line in without)
    assert with_ == []


def _lines_of_three(url: str, log: Path, *more: str) -> list[str]:
    """Serve three requests and answer what was written after the announcement."""
    port = free_port()
    command = [sys.executable, "-m", "reference_app", "serve", "--variant", "after", "--database-url", url]
    command += ["--port", str(port), "--externals-url", "http://127.0.0.1:9", *more]
    with log.open("w") as errors, subprocess.Popen(command, stderr=errors) as server:
        assert wait_for(lambda: " serves " in log.read_text(), timeout_s=60)
        for _ in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live") as answer:
                answer.read()
        server.terminate()
        server.wait(timeout=30)
    return log.read_text().splitlines()[1:]
