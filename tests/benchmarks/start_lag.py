"""How late requests start at half of the rate that a generator can send."""

from collections.abc import Callable
from statistics import median

from harness.target.null_server import null_server
from tests.benchmarks.loads import closed_loop_rate, open_loop
from tests.benchmarks.machine import generator, server_cores
from tests.benchmarks.table import Table

MOST_P99_MS = 1.5
TRIES = 5
SECONDS = 10


def measure(say: Callable[[str], None]) -> Table:
    """Measure the closed loop's rate, then the start lag at half of it, in turns."""
    rows, lags_ms = [], []
    with null_server(cpus=server_cores()) as url, generator(url) as (driver, folder):
        for number in range(1, TRIES + 1):
            closed = closed_loop_rate(url, seconds=SECONDS / 2)
            report = open_loop(driver, folder, rate=closed / 2, seconds=SECONDS, seed=number)
            lag = report.start_lag_ms
            say(f"{number} of {TRIES}: at {closed / 2:.0f} a second p99 {lag.p99:.2f} ms")
            lags_ms.append(lag.p99)
            rows.append(
                (str(number), f"{closed / 2:,.0f}", f"{lag.p50:.2f}", f"{lag.p99:.2f}", f"{lag.max:.1f}",
                 f"{report.generator_cpu_share:.0%}")
            )  # fmt: skip
    rows.append(("median", "", "", f"{median(lags_ms):.2f}", "", ""))
    return Table(
        title="Start lag at half of the possible rate",
        claim=f"the p99 of first send minus planned time is at most {MOST_P99_MS:g} ms",
        columns=("turn", "arrivals/s", "p50, ms", "p99, ms", "max, ms", "generator CPU"),
        rows=tuple(rows),
        holds=median(lags_ms) <= MOST_P99_MS,
        note="Half of what plain FastHttpUser reached in a closed loop on the same core just before.",
    )
