"""How long the analysis of a run takes, and how much memory, by the number of its samples."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from harness.model.plan import Round, Slice
from harness.plan.plan_file import dump_plan
from harness.store.run_folder import RunFolder
from harness.store.sample_schema import SAMPLE_SCHEMA, SampleStream
from tests.benchmarks.machine import generator_cores
from tests.benchmarks.table import Table
from tests.statistics.synthetic_run import SyntheticRun

SIZES = (1_000_000, 3_000_000, 10_000_000)
MOST_S = 10.0
MOST_GIB = 1.5
ENDPOINTS = 20
SHAPE = SyntheticRun(rounds=12, couples=20, slice_s=60)
_MEDIAN_MS = {"before": 600.0, "after": 100.0}

_ANALYZE = """
import json, os, resource, sys, time
from pathlib import Path
os.sched_setaffinity(0, {core})
from harness.campaign.analyze import analyze
from harness.store.run_folder import RunFolder
started_s, cpu_s = time.monotonic(), time.process_time()
outcome = analyze(RunFolder.open(Path({path!r})))["outcome"]
seconds = time.monotonic() - started_s
peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([outcome, seconds, time.process_time() - cpu_s, peak_bytes]))
"""


def measure(say: Callable[[str], None]) -> Table:
    """Write a run of each size, and analyze it in a process of its own on one core."""
    rows, holds = [], True
    for count in SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "run"
            say(f"writing {count:,} samples")
            _write_run(folder, count)
            outcome, seconds, cpu_s, peak_bytes = _analyze(folder)
        say(f"{count:,} samples: {outcome}, {seconds:.1f} s, {peak_bytes / 2**30:.2f} GiB")
        rows.append((f"{count:,}", f"{seconds:.1f}", f"{cpu_s:.1f}", f"{peak_bytes / 2**30:.2f}", outcome))
        holds = seconds <= MOST_S and peak_bytes <= MOST_GIB * 2**30
    return Table(
        title="Speed of the analysis",
        claim=f"{SIZES[-1]:,} samples in at most {MOST_S:g} s and {MOST_GIB:g} GiB on one core",
        columns=("samples", "s", "of that CPU, s", "peak memory, GiB", "outcome"),
        rows=tuple(rows),
        holds=holds,
        note=f"{SHAPE.rounds} rounds of {SHAPE.couples} couples, {ENDPOINTS} endpoints; reading, statistics,"
        " verdicts and results.json.",
    )


def _analyze(folder: Path) -> tuple[str, float, float, int]:
    code = _ANALYZE.format(path=str(folder), core=set(generator_cores()))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    outcome, seconds, cpu_s, peak_bytes = json.loads(done.stdout)
    return outcome, seconds, cpu_s, peak_bytes


def _write_run(path: Path, count: int) -> None:
    folder = RunFolder.create(path)
    plan = SHAPE._plan()
    folder.write_text(folder.plan_json, dump_plan(plan))
    folder.write_text(folder.kpis_yaml, SHAPE.kpis)
    pieces = [(round_, piece) for round_ in plan.rounds for piece in round_.slices if not piece.is_warm_up]
    rng, clock_ns = np.random.default_rng(1), 10**12
    for round_, piece in pieces:
        _write_slice(folder, round_, piece, count // len(pieces), clock_ns, rng)
        clock_ns += 62 * 10**9
    folder.write_status({"state": "finished", "note": "All rounds are done."})


def _write_slice(
    folder: RunFolder, round_: Round, piece: Slice, count: int, started_ns: int, rng: np.random.Generator
) -> None:
    samples = folder.slice_samples(round_.index, piece.variant_id, piece.index)
    samples.parent.mkdir(parents=True, exist_ok=True)
    with SampleStream(samples) as stream:
        stream.write(_batch(count, started_ns, _MEDIAN_MS[piece.variant_id], rng))
    summary = SHAPE._summary(piece, (), (), started_ns, started_ns + 61 * 10**9, 0)
    report = replace(summary.report, planned_arrivals=count, sent_arrivals=count, request_count=count)
    folder.write_slice_summary(
        round_.index, replace(summary, schedule_sha256=str(piece.couple), report=report)
    )


def _batch(count: int, started_ns: int, median_ms: float, rng: np.random.Generator) -> pa.RecordBatch:
    scheduled_ns = started_ns + np.sort(rng.integers(0, 60 * 10**9, count))
    service_ns = (median_ms * rng.lognormal(0, 0.4, count) * 1e6).astype(np.int64)
    zeros = np.zeros(count, dtype=np.int32)
    content: dict[str, Any] = {
        "scheduled_ns": scheduled_ns,
        "sent_ns": scheduled_ns + 100_000,
        "first_byte_ns": scheduled_ns + 100_000 + service_ns,
        "finished_ns": scheduled_ns + 100_000 + service_ns,
        "arrival": np.arange(count, dtype=np.int32),
        "step": zeros,
        "journey": _words(zeros, ["journey"]),
        "endpoint": _words(
            rng.integers(0, ENDPOINTS, count).astype(np.int32), [f"GET /{n}" for n in range(ENDPOINTS)]
        ),
        "method": _words(zeros, ["GET"]),
        "status": np.full(count, 200, dtype=np.int16),
        "error": _words(zeros, [""]),
        "response_bytes": np.full(count, 100, dtype=np.int64),
        "server_db_ms": (rng.random(count) * median_ms).astype(np.float32),
        "server_middleware_ms": rng.random(count).astype(np.float32),
        "server_app_ms": rng.random(count).astype(np.float32),
        "server_query_count": rng.integers(1, 9, count).astype(np.int32),
        "server_external_ms": np.zeros(count, dtype=np.float32),
        "server_external_count": zeros,
        "server_external_services": _words(zeros, [""]),
    }
    return pa.RecordBatch.from_arrays(
        [pa.array(content[name]) for name in SAMPLE_SCHEMA.names], schema=SAMPLE_SCHEMA
    )


def _words(codes: Any, words: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words))
