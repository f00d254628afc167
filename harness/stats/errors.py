"""Failed requests, grouped by what was said of them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from harness.stats.columns import Columns

MESSAGE_LENGTH = 300
"""A message may hold a whole answer; its beginning tells what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorGroup:
    """Failures that look alike."""

    endpoint: str
    status: int
    """0: there was no answer."""
    message: str


def group_errors(columns: Columns) -> Counter[ErrorGroup]:
    """Count the failed requests by endpoint, status and message; one without a message has an empty one."""
    rows = np.flatnonzero(columns.is_failed)
    if rows.size == 0:
        return Counter()
    keys = np.stack([columns.endpoint.codes[rows], columns.status[rows], columns.error.codes[rows]])
    kinds, counts = np.unique(keys, axis=1, return_counts=True)
    found: Counter[ErrorGroup] = Counter()
    for (endpoint, status, error), count in zip(kinds.T.tolist(), counts.tolist(), strict=True):
        message = columns.error.words[error][:MESSAGE_LENGTH]
        found[ErrorGroup(endpoint=columns.endpoint.words[endpoint], status=status, message=message)] += count
    return found
