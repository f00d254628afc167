"""How long the report takes after the analysis, how much memory, and how large it is."""

import json
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.analysis_speed import SIZES, _analyze, _write_run
from tests.benchmarks.machine import generator_cores
from tests.benchmarks.table import Table

MOST_S = 10.0
MOST_GIB = 1.0
MOST_BYTES = 1_500_000
_TESTS = Path(__file__).resolve().parents[1]

_RENDER = """
import json, os, resource, sys, time
from pathlib import Path
os.sched_setaffinity(0, {core})
started_s, cpu_s = time.monotonic(), time.process_time()
from reports.html.write_report import write_report
from reports.results import read_results
run_dir = Path({path!r})
page = write_report(read_results(run_dir), run_dir)
seconds = time.monotonic() - started_s
peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([seconds, time.process_time() - cpu_s, peak_bytes, page.stat().st_size]))
"""


def measure(say: Callable[[str], None]) -> Table:
    """Render the results of the largest run and those of one with ten variants, each in its own process."""
    rows, holds = [], True
    for name, write in (
        (f"2 variants, 20 endpoints, {SIZES[-1]:,} samples", _write_analyzed),
        ("10 variants, 30 endpoints", _write_phases),
    ):
        with tempfile.TemporaryDirectory() as folder:
            say(f"writing {name}")
            run_dir = write(Path(folder) / "run")
            seconds, cpu_s, peak_bytes, page_bytes = _render(run_dir)
        say(f"{name}: {seconds:.1f} s, {peak_bytes / 2**30:.2f} GiB, {page_bytes / 1e6:.2f} MB")
        rows.append(
            (name, f"{seconds:.1f}", f"{cpu_s:.1f}", f"{peak_bytes / 2**30:.2f}", f"{page_bytes / 1e6:.2f}")
        )
        holds &= seconds <= MOST_S and peak_bytes <= MOST_GIB * 2**30 and page_bytes <= MOST_BYTES
    return Table(
        title="Speed and size of the report",
        claim=f"Rendered in at most {MOST_S:g} s and {MOST_GIB:g} GiB on one core; report.html is at most "
        f"{MOST_BYTES / 1e6:g} MB",
        columns=("results", "s", "of that CPU, s", "peak memory, GiB", "report.html, MB"),
        rows=tuple(rows),
        holds=holds,
        note="From the start of Python: import of matplotlib, all drawings, both layouts and data/*.csv.",
    )


def _write_analyzed(path: Path) -> Path:
    _write_run(path, SIZES[-1])
    _analyze(path)
    return path


def _write_phases(path: Path) -> Path:
    build = runpy.run_path(str(_TESTS / "unit" / "reports" / "synthetic_results.py"))["synthetic_results"]
    path.mkdir()
    document = build(endpoint_count=30, phase_count=8, round_count=10, kpi_count=11)
    (path / "results.json").write_text(json.dumps(document), encoding="utf-8")
    return path


def _render(run_dir: Path) -> tuple[float, float, int, int]:
    code = _RENDER.format(path=str(run_dir), core=set(generator_cores()))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, cpu_s, peak_bytes, page_bytes = json.loads(done.stdout)
    return seconds, cpu_s, peak_bytes, page_bytes
