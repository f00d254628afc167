"""No line is written for each request; counts and times are kept, and `Server-Timing` tells each its own."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization


def _install(components: Components) -> Components:
    return replace(components, writes_access_log=False)


NO_ACCESS_LOG = Optimization(
    id="no_access_log",
    phase="p5",
    hypothesis="No answer waits for a line to be formatted and written, which can cost as much as itself.",
    metric="service_time",
    adr="docs/adr/0016-runtime-optimizations.md",
    install=_install,
)
