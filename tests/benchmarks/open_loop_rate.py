"""How much an open loop with recording costs against Locust's own closed loop."""

from collections.abc import Callable
from statistics import median

from harness.target.null_server import null_server
from tests.benchmarks.loads import achieved_rate, closed_loop_rate, open_loop
from tests.benchmarks.machine import generator, server_cores
from tests.benchmarks.table import Table

LEAST_SHARE = 0.80
TRIES = 5
SECONDS = 6
OFFERED_SHARE = 1.2
"""Of the closed loop's rate: more than can be sent, so that what is sent is all that can be."""


def measure(say: Callable[[str], None]) -> Table:
    """Take turns: plain Locust as fast as it can, then ours with more arrivals than it can send."""
    rows, shares = [], []
    with null_server(cpus=server_cores()) as url, generator(url) as (driver, folder):
        for number in range(1, TRIES + 1):
            closed = closed_loop_rate(url, seconds=SECONDS)
            report = open_loop(driver, folder, rate=OFFERED_SHARE * closed, seconds=SECONDS, seed=number)
            share = achieved_rate(report) / closed
            say(f"{number} of {TRIES}: {closed:.0f} against {achieved_rate(report):.0f} requests/s")
            shares.append(share)
            rows.append(
                (str(number), f"{closed:,.0f}", f"{achieved_rate(report):,.0f}", f"{share:.0%}",
                 f"{report.dropped_arrivals}")
            )  # fmt: skip
    rows.append(("median", "", "", f"{median(shares):.0%}", ""))
    return Table(
        title="Requests a second of one generator core",
        claim=f"open loop with recording reaches at least {LEAST_SHARE:.0%} of plain FastHttpUser, closed",
        columns=(
            "turn",
            "closed loop, plain Locust, requests/s",
            "open loop, recorded, requests/s",
            "share",
            "dropped",
        ),
        rows=tuple(rows),
        holds=median(shares) >= LEAST_SHARE,
        note="Both on one core against a null server on another. The open loop is offered"
        f" {OFFERED_SHARE:g} times the closed loop's rate; what counts is what it completes.",
    )
