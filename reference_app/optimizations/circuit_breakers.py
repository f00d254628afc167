"""A breaker and limits of calls and time for each external service, in place of ten patient seconds."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.externals.breakers import CircuitBreakers
from reference_app.optimizations.optimization import Optimization
from reference_app.scalability.alerts import Alerts
from reference_app.settings import Settings


def _breakers(settings: Settings, alerts: Alerts) -> CircuitBreakers:
    return CircuitBreakers(settings.breaker_limits, alerts)


def _install(components: Components) -> Components:
    return replace(components, breakers=_breakers)


CIRCUIT_BREAKERS = Optimization(
    id="circuit_breakers",
    phase="p4",
    hypothesis="While an external service hangs or fails, who needs it is answered at once.",
    metric="response_time",
    adr="docs/adr/0025-breakers-and-pools.md",
    install=_install,
)
