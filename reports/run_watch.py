"""How far a run is, read from its folder while it goes on.

It must not disturb what it watches: each finished slice is read once, and three numbers are computed of it.
It judges nothing: who looks at verdicts early, and stops when one pleases, no longer holds an interval that
means what it says. The verdict of a look that was planned is shown: its intervals know of it.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from reports.errors import ReportError
from reports.results import Outcome, read_results

_QUANTILES = (0.5, 0.95)
_FEWEST = {0.5: 10, 0.95: 20}
"""Requests of a slice that a point needs, as in the report's chart over time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSlice:
    """What one finished slice showed; None where too few requests were answered well."""

    round_index: int
    variant: str
    request_count: int
    failed_count: int
    rate: float
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """How far a run is."""

    title: str
    run_id: str
    state: str
    note: str
    variants: tuple[str, ...]
    round_count: int
    slice_count: int
    """Of the whole plan, warm-ups not counted."""
    slices: tuple[LiveSlice, ...]
    """Those that are finished and count, the oldest first."""
    outcome: Outcome | None
    """Of the results, once there are some: of a planned look while it is running, final afterwards."""
    reason: str
    judged_rounds: int
    """That the outcome is of."""

    @property
    def is_running(self) -> bool:
        """Tell whether more will come."""
        return self.state == "running"


class RunWatch:
    """Reads a run folder again and again; a slice is read once."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._slices: dict[Path, LiveSlice | None] = {}
        self._lock = threading.Lock()

    def look(self) -> LiveRun:
        """Give how far the run is.

        Raises:
            ReportError: the run has no plan, or it is damaged.
        """
        plan = self._read("plan.json")
        status = self._read("status.json") if (self._run_dir / "status.json").is_file() else {}
        with self._lock:
            for path in sorted(self._run_dir.glob("rounds/[0-9]*/*/slices/*.json")):
                if path not in self._slices:
                    self._slices[path] = _read_slice(path)
            slices = tuple(one for _, one in sorted(self._slices.items()) if one)
        has_results = (self._run_dir / "results.json").is_file()
        results = read_results(self._run_dir) if has_results else None
        return LiveRun(
            title=str(plan.get("title", "")),
            run_id=self._run_dir.name,
            state=str(status.get("state", "running")),
            note=str(status.get("note", "")),
            variants=tuple(variant["id"] for variant in plan["variants"]),
            round_count=len(plan["rounds"]),
            slice_count=sum(not piece["is_warm_up"] for one in plan["rounds"] for piece in one["slices"]),
            slices=tuple(sorted(slices, key=lambda one: one.round_index)),
            outcome=results.outcome if results else None,
            reason=results.reason if results else "",
            judged_rounds=len(results.rounds) if results else 0,
        )

    def _read(self, name: str) -> Mapping[str, Any]:
        path = self._run_dir / name
        try:
            content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ReportError(
                f"There is no {name} in {self._run_dir}.", hint="Give the folder of a run."
            ) from None
        except (OSError, ValueError) as error:
            raise ReportError(f"{path} cannot be read: {error}.") from error
        return content


def _read_slice(path: Path) -> LiveSlice | None:
    """Read one finished slice; None for a warm-up."""
    summary = json.loads(path.read_text(encoding="utf-8"))
    if summary["is_warm_up"]:
        return None
    with pa.OSFile(str(path.with_suffix(".arrow")), "rb") as file:
        table = pa.ipc.open_stream(file).read_all().select(["scheduled_ns", "finished_ns", "error"])
    took_ms = (table["finished_ns"].to_numpy() - table["scheduled_ns"].to_numpy()) / 1e6
    good_ms = took_ms[np.asarray([not word for word in table["error"].to_pylist()], dtype=bool)]
    p50, p95 = (
        float(np.quantile(good_ms, q, method="inverted_cdf")) if good_ms.size >= _FEWEST[q] else None
        for q in _QUANTILES
    )
    return LiveSlice(
        round_index=int(path.parts[-4]),
        variant=str(summary["variant"]),
        request_count=int(summary["request_count"]),
        failed_count=int(summary["failed_count"]),
        rate=float(summary["request_count"] / summary["duration_s"]),
        p50_ms=p50,
        p95_ms=p95,
    )
