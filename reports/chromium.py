"""Pages as PDF, printed by a headless Chromium that talks to nobody."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from reports.errors import ReportError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-extensions",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)
_TIMEOUT_S = 120.0


def find_chromium() -> Path | None:
    """Return the machine's Chromium; None if it has none."""
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


def print_pdf(page: Path, pdf: Path) -> Path:
    """Print a page to a PDF file, all details unfolded, and return the file's path.

    Raises:
        ReportError: there is no Chromium here, or it did not print.
    """
    chromium = find_chromium()
    if chromium is None:
        raise ReportError(
            "A PDF needs Chromium, and there is none here.",
            hint="On Debian: apt-get install --no-install-recommends chromium. A browser can print it too.",
        )
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # as root it has no sandbox to offer
    with tempfile.TemporaryDirectory() as profile:
        fresh = Path(profile) / "report.pdf"
        command = [str(chromium), *FLAGS, *sandbox, f"--user-data-dir={profile}", f"--print-to-pdf={fresh}"]
        try:
            done = subprocess.run(
                [*command, page.resolve().as_uri()], capture_output=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReportError(f"{chromium} did not print {page}: {error}.") from error
        if done.returncode or not fresh.is_file():
            raise ReportError(f"{chromium} did not print {page} (exit code {done.returncode}).")
        try:
            shutil.move(fresh, pdf)
        except OSError as error:
            raise ReportError(f"{pdf} cannot be written: {error.strerror}.") from error
    return pdf
