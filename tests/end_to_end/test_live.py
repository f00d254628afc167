"""`kpibench run --live`: a browser that was opened once follows a real run to its verdict."""

import os
import re
import shutil
import subprocess
import sys
import time

import pytest
from playwright.sync_api import sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.long]

_LIMIT_MS = 120_000


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("the live page is followed by a Chromium; on Debian: apt-get install chromium")
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def _address(log, process):
    """Wait for the address on standard error as long as the run goes on."""
    while process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+/", log.read_text()):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_a_browser_follows_a_run_to_its_verdict(chromium, environment, small_experiment, tmp_path):
    log = tmp_path / "stderr"
    command = [sys.executable, "-m", "harness", "run", str(small_experiment), "--out", "run", "--live"]
    with log.open("wb") as file, subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=file
    ) as process:  # fmt: skip
        page = chromium.new_page()
        page.goto(_address(log, process))
        page.locator("table.so-far td", has_text="ms").first.wait_for(timeout=_LIMIT_MS)
        running = page.locator("main").inner_text()
        page.locator(".hero-word").wait_for(timeout=_LIMIT_MS)
        page.locator("code", has_text="report.html").wait_for(timeout=_LIMIT_MS)
        judged = page.locator("main").inner_text()
        process.wait(timeout=60)

    assert "Verdict so far: undecided." in running
    assert re.search(r"before\s+[\d.]+\s+[\d.]+ ms\s.*0 of \d+", running)
    assert re.search("Passed|Failed|Inconclusive|Invalid", judged)
    assert (tmp_path / "run" / "report.html").is_file()
