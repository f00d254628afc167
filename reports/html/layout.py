"""The two forms of one page: a single file that goes anywhere, and a folder for strict servers."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How style, script and pictures come with the page."""

    is_single_file: bool


SINGLE_FILE = Layout(is_single_file=True)
"""`report.html`: everything inline, no network; the page's own policy lets nothing else in."""
STRICT_FOLDER = Layout(is_single_file=False)
"""`report/`: the style sheet is a file of its own; no script, no inline style, no data picture.

Jenkins' default Content-Security-Policy forbids these three, and tells of each that it meets.
"""


def style_sheet() -> str:
    """Return the style of both forms."""
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8")


def script() -> Markup:
    """Return the optional script of the single file; the page is complete without it."""
    return Markup((_TEMPLATES / "report.js").read_text(encoding="utf-8"))  # noqa: S704  - our own file


def script_hash() -> str:
    """Return what a Content-Security-Policy calls the script by, so that no other can run."""
    digest = hashlib.sha256(script().encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
