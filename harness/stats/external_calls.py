"""Calls to other services: how many requests made them, how many they were, how long they took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from harness.stats.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCalls:
    """What requests asked of the services that a server names together."""

    request_count: int
    call_count: int
    total_ms: float


def external_calls(columns: Columns) -> dict[str, ExternalCalls] | None:
    """Group the requests that asked other services, failed ones too, by what the server names.

    Returns:
        None where no answer tells of such calls, not even that there were none.
    """
    counts, times = columns.server_external_count, columns.server_external_ms
    if columns.server_external_count.size == 0 or np.isnan(counts).all():
        return None
    has_called = np.nan_to_num(counts) > 0
    found = {}
    for code, word in enumerate(columns.external_services.words):
        rows = has_called & (columns.external_services.codes == code)
        if rows.any():
            found[word] = ExternalCalls(
                request_count=int(np.count_nonzero(rows)),
                call_count=int(counts[rows].sum()),
                total_ms=float(np.nansum(times[rows])),
            )
    return found


def add_external_calls(
    parts: Iterable[Mapping[str, ExternalCalls] | None],
) -> dict[str, ExternalCalls] | None:
    """Add rounds up; None where none of them tells."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    totals: dict[str, ExternalCalls] = {}
    for part in known:
        for name, one in part.items():
            so_far = totals.get(name, ExternalCalls(request_count=0, call_count=0, total_ms=0.0))
            totals[name] = ExternalCalls(
                request_count=so_far.request_count + one.request_count,
                call_count=so_far.call_count + one.call_count,
                total_ms=so_far.total_ms + one.total_ms,
            )
    return totals
