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

from reports.html.index_page import render_comparison, render_index
from reports.html.live_page import render_live
from reports.html.write_report import write_report
from reports.results import parse_results, read_results
from reports.run_index import IndexedRun
from reports.run_watch import LiveRun, LiveSlice

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


@pytest.fixture(scope="session")
def served_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give the pages around the reports, as files."""
    folder = tmp_path_factory.mktemp("pages")
    one, other = (
        parse_results(_BUILDER["synthetic_results"](outcome=outcome, endpoint_count=1))
        for outcome in ("passed", "failed")
    )
    runs = [
        IndexedRun(name="20261123-120000-quick", results=one),
        IndexedRun(name="20261123-130000-quick", results=other),
        IndexedRun(name="20261123-140000-quick", results=None, fault="no results yet"),
    ]
    pages = {
        "index": render_index(runs),
        "comparison": render_comparison(one, other),
        "live": render_live(_live_run(), report_path=""),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(
            page.replace('http-equiv="refresh"', "data-off"), encoding="utf-8"
        )
    return {name: folder / f"{name}.html" for name in pages}


def _live_run() -> LiveRun:
    return LiveRun(
        title="Before against after in three minutes",
        run_id="20261123-140000-quick",
        state="running",
        note="Round 2 of 6.",
        variants=("before", "after"),
        round_count=6,
        slice_count=48,
        slices=tuple(
            LiveSlice(
                round_index=1 + index // 8,
                variant=("before", "after")[index % 2],
                request_count=20,
                failed_count=index % 3,
                rate=8.0,
                p50_ms=(90.0, 4.0)[index % 2] + index,
                p95_ms=None,
            )
            for index in range(12)
        ),
        outcome=None,
        reason="",
        judged_rounds=0,
    )


@pytest.fixture(scope="session")
def build_document() -> Callable[..., dict[str, Any]]:
    """Give the builder of results.json documents."""
    return _BUILDER["synthetic_results"]
