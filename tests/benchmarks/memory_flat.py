"""Whether the generator's memory grows with the requests that it has sent."""

from collections.abc import Callable

from harness.probe.process import describe_tree
from harness.target.null_server import null_server
from tests.benchmarks.loads import closed_loop_rate, open_loop
from tests.benchmarks.machine import generator, server_cores
from tests.benchmarks.table import Table

REQUESTS = 1_000_000
SLICES = 10
MOST_GROWTH_MIB = 64
RATE_SHARE = 0.7
"""Of the closed loop's rate: fast, and still without drops."""


def measure(say: Callable[[str], None]) -> Table:
    """Send a million requests in ten slices, and look at the memory of the generator alone after each."""
    rows, levels_mib, sent = [], [], 0
    with null_server(cpus=server_cores()) as url:
        rate = RATE_SHARE * closed_loop_rate(url, seconds=3)
        with generator(url) as (driver, folder):
            for number in range(1, SLICES + 1):
                report = open_loop(driver, folder, rate=rate, seconds=REQUESTS / SLICES / rate, seed=number)
                sent += report.request_count
                levels_mib.append(describe_tree(driver.pid)["uss_bytes"] / 2**20)
                say(f"{sent:,} requests: {levels_mib[-1]:.1f} MiB")
                rows.append(
                    (f"{sent:,}", f"{levels_mib[-1]:.1f}", f"{report.failed_count + report.dropped_arrivals}")
                )
    growth_mib = max(levels_mib) - levels_mib[0]
    rows.append(("growth", f"{growth_mib:.1f}", ""))
    return Table(
        title="Memory of the generator over a million requests",
        claim=f"it grows by at most {MOST_GROWTH_MIB} MiB after the first tenth",
        columns=("requests so far", "USS, MiB", "failed or dropped"),
        rows=tuple(rows),
        holds=growth_mib <= MOST_GROWTH_MIB and sent >= 0.99 * REQUESTS,
        note=f"Open loop at {rate:,.0f} arrivals/s with recording.",
    )
