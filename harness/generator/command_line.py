"""The options that the plugin adds to Locust's own, for an open loop without the harness."""

from pathlib import Path
from typing import Any

from harness.plan.stages import parse_rate


def add_options(parser: Any, **_: Any) -> None:
    """Offer an open loop in `locust --help`; `arrival_rate.take_over` reads what was given."""
    group = parser.add_argument_group("kpibench: open loop")
    group.add_argument(
        "--arrival-rate",
        metavar="RATE",
        type=parse_rate,
        help="Tasks started a second, whatever the server does; or RATE:SECONDS,RATE:SECONDS,... each of"
        " which is reached in a straight line from the one before, at once where SECONDS is 0.",
    )
    group.add_argument(
        "--arrival-distribution",
        choices=("poisson", "uniform"),
        default="poisson",
        help="Independent arrivals, or evenly spaced ones.",
    )
    group.add_argument("--arrival-seed", metavar="N", type=int, default=1, help="Draws the arrivals.")
    group.add_argument(
        "--arrival-users",
        metavar="N",
        type=int,
        help="Most users there may be; an arrival beyond is dropped and counted.",
    )
    group.add_argument(
        "--samples", metavar="FILE", type=Path, help="Keep a row for each request (an Arrow IPC stream)."
    )
