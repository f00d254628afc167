"""A real Chromium, and reports written to disk for it."""

import json
import os
import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.html.write_report import write_report
from reports.results import read_results

_TESTS = Path(__file__).parents[2]
_BUILDER = runpy.run_path(str(_TESTS / "unit" / "reports" / "synthetic_results.py"))
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium must neither need a GPU nor talk to anyone; as root it has no sandbox to offer.
_CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the machine's Chromium; without one the tests are left out, in CI they fail.

    Not for the whole session: while Playwright is open its event loop runs in this thread, and nothing that
    calls asyncio.run works.
    """
    path = next((found for name in _CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = (
            "the report's browser tests (layout, dark mode, printing, no network) need a Chromium; "
            "on Debian: apt-get install --no-install-recommends chromium"
        )
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    flags = [*_CHROMIUM_FLAGS, *(("--no-sandbox",) if os.geteuid() == 0 else ())]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def written_report(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Give the writer of a synthetic run's report; equal options are written once."""
    written: dict[str, Path] = {}

    def write(**options: Any) -> Path:
        key = json.dumps(options, sort_keys=True)
        if key not in written:
            run_dir = tmp_path_factory.mktemp("run")
            document = _BUILDER["synthetic_results"](**options)
            (run_dir / "results.json").write_text(json.dumps(document), encoding="utf-8")
            written[key] = write_report(read_results(run_dir), run_dir)
        return written[key]

    return write
