"""Where the doctor's last findings are kept: in the cache folder, from where each run copies them."""

import json
from typing import Any

from harness.store import atomic
from harness.target.cache_folder import cache_folder, make_folder

_NAME = "doctor.json"


def keep_diagnosis(diagnosis: dict[str, Any]) -> None:
    """Keep the findings for later runs.

    Raises:
        UsageError: there is no cache folder and none can be made.
        MeasurementError: the disk is full, or the file cannot be written.
    """
    make_folder(cache_folder())
    text = json.dumps(diagnosis, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    atomic.write_text(cache_folder() / _NAME, text)


def last_diagnosis() -> dict[str, Any] | None:
    """Return what was found last on this machine; None: never looked, or the file is damaged."""
    try:
        found = json.loads((cache_folder() / _NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
