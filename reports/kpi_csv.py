"""kpi.csv: one row a KPI, for spreadsheets and trends; full precision, empty where nothing can be said."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from reports.results import Estimate, Kpi, Results
from reports.whole_file import write_whole

FILE_NAME = "kpi.csv"


def write_kpi_csv(results: Results, run_dir: Path) -> Path:
    """Write `kpi.csv` into the run folder and return its path.

    Raises:
        ReportError: the folder cannot be written.
    """
    table = pd.DataFrame([_row(results, kpi) for kpi in results.kpis])
    return write_whole(run_dir / FILE_NAME, table.to_csv(index=False).encode("utf-8"))


def _row(results: Results, kpi: Kpi) -> dict[str, object]:
    return {
        "run_id": results.run_id,
        "started_at": results.started_at,
        **{name: getattr(kpi, name) for name in ("id", "metric", "stat", "endpoint")},
        "blocking": kpi.is_blocking,
        "outcome": kpi.outcome,
        "targets": "; ".join(kpi.targets),
        **_cells("before", kpi.before),
        **_cells("after", kpi.after),
        **_cells("change", kpi.change),
        "reason": kpi.reason,
    }


def _cells(name: str, estimate: Estimate | None) -> dict[str, object]:
    fields = (
        dict.fromkeys(("value", "low", "high", "unit", "sample_count"))
        if estimate is None
        else asdict(estimate)
    )
    return {f"{name}_{field}" if field != "value" else name: value for field, value in fields.items()}
