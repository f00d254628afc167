"""What the recorder costs a request: CPU time from the answer's header to the row in the file."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from harness.generator.recorder import Recorder
from harness.generator.server_timing import parse_server_timing
from harness.store.sample_schema import SampleStream
from harness.target.null_server import null_server
from tests.benchmarks.loads import closed_loop_rate
from tests.benchmarks.machine import generator_cores, server_cores
from tests.benchmarks.table import Table

MOST_SHARE = 0.05
TRIES = 5
SECONDS = 5
ROWS = 200_000
ROWS_A_FLUSH = 1_500
"""What half a second of load makes, the time from flush to flush."""
HEADER = 'app;dur=1.5, mw;dur=0.2, db;dur=0.9;desc="n=3"'


def measure(say: Callable[[str], None]) -> Table:
    """Take turns: the CPU of a whole request of plain Locust, then that of recording one."""
    rows, shares = [], []
    with null_server(cpus=server_cores()) as url:
        for number in range(1, TRIES + 1):
            request_us = 1e6 / closed_loop_rate(url, seconds=SECONDS)
            recording_us = _recording_us()
            share = recording_us / request_us
            say(f"{number} of {TRIES}: {recording_us:.1f} of {request_us:.0f} us")
            shares.append(share)
            rows.append((str(number), f"{request_us:.0f}", f"{recording_us:.1f}", f"{share:.1%}"))
    rows.append(("median", "", "", f"{median(shares):.1%}"))
    return Table(
        title="Cost of recording",
        claim=f"recording costs at most {MOST_SHARE:.0%} of a request",
        columns=("turn", "a request of plain Locust, µs of CPU", "recording one, µs of CPU", "share"),
        rows=tuple(rows),
        holds=median(shares) <= MOST_SHARE,
        note="Recording is: read the Server-Timing header, append the row, write batches of 1,500 rows as"
        " compressed Arrow. A request's CPU is one second over the closed loop's requests a second, at"
        " 100 % of the core.",
    )


def _recording_us() -> float:
    """Return the CPU time of one row, on the generator's core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, generator_cores())
    try:
        with tempfile.TemporaryDirectory() as folder:
            recorder = Recorder(SampleStream(Path(folder) / "samples.arrow"))
            started_ns = time.process_time_ns()
            for number in range(ROWS):
                _record(recorder, number)
                if number % ROWS_A_FLUSH == 0:
                    recorder.flush()
            recorder.close()
            return (time.process_time_ns() - started_ns) / ROWS / 1e3
    finally:
        os.sched_setaffinity(0, allowed)


def _record(recorder: Recorder, number: int) -> None:
    scheduled_ns = 10**15 + 333_000 * number
    recorder.add(
        scheduled_ns=scheduled_ns,
        sent_ns=scheduled_ns + 90_000 + number % 977,
        first_byte_ns=scheduled_ns + 390_000 + number % 4_999,
        finished_ns=scheduled_ns + 400_000 + number % 5_003,
        arrival=number,
        step=0,
        journey="get",
        endpoint=f"GET /{number % 20}",
        method="GET",
        status=200,
        error="",
        response_bytes=2,
        server=parse_server_timing(HEADER),
    )
