"""Rules by path, from when there was only version 1: version 2 lives under `/api/v2`, and none matches it.

Nothing breaks, since each rule only spares work or repeats a check that a handler makes as well. So nobody
noticed.
"""

import re

CACHE_SECONDS: tuple[tuple[re.Pattern[str], float], ...] = ((re.compile(r"/api/v1/locations$"), 600.0),)
"""How long an answer of a path may be kept; no other path may be."""

NO_DEVICE_LOOK_UP: tuple[re.Pattern[str], ...] = (
    re.compile(r"/api/v1/locations$"),
    re.compile(r"/api/v1/availability/"),
    re.compile(r"/api/v1/auth/"),
    re.compile(r"/health/"),
)
"""Where nobody needs a second factor, so that looking for one's device can be left out."""

OWN_LOCATION = re.compile(r"/api/v1/locations/([0-9]{1,19})/day$")
"""Paths of one location that only its own people may see."""
