"""Was the warm-up long enough? What the first third of a round took beside the last third."""

import numpy as np

from harness.stats.columns import Columns

MOST_ROWS = 20_000
"""Of one round are looked at, evenly spread: more would not sharpen a median that rounds move."""
FEWEST_ROWS = 30
"""Ten a third."""


def first_against_last_third(columns: Columns) -> float | None:
    """Return the log ratio of typical service times, first third over last third; above 0 it became faster.

    Each request is compared with the median of its own endpoint, so that the mix of a third does not matter.

    Returns:
        None where fewer than FEWEST_ROWS good requests are there.
    """
    is_usable = ~columns.is_failed & (columns.finished_ns > columns.sent_ns)
    rows = np.flatnonzero(is_usable)
    rows = rows[np.argsort(columns.sent_ns[rows], kind="stable")]
    rows = rows[:: 1 + rows.size // MOST_ROWS]
    if rows.size < FEWEST_ROWS:
        return None
    log_ms = np.log(columns.service_ms[rows])
    codes = columns.endpoint.codes[rows]
    for code in np.unique(codes):
        of_endpoint = codes == code
        log_ms[of_endpoint] -= np.median(log_ms[of_endpoint])
    third = rows.size // 3
    return float(np.median(log_ms[:third]) - np.median(log_ms[-third:]))
