"""As many requests at once as the machine can work on; the others wait a moment or are told to come back."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.scalability.compartments import Compartments


def _install(components: Components) -> Components:
    return replace(components, compartments=Compartments)


REQUEST_THROTTLER = Optimization(
    id="request_throttler",
    phase="p4",
    hypothesis="Asked far more than it can do, it goes on answering as much as it can, in time.",
    metric="response_time",
    adr="docs/adr/0027-a-door-in-front.md",
    install=_install,
)
