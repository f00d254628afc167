"""Secondary indexes for the queries that look rows up by something else than their primary key."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization


def _install(components: Components) -> Components:
    return replace(components, migrations=(*components.migrations, "critical_performance_indexes.sql"))


INDEXES = Optimization(
    id="indexes",
    phase="p1",
    hypothesis="Look-ups by e-mail, barber, location, client or day read a few pages, not whole tables.",
    metric="db_time",
    adr="docs/adr/0004-optimizations-are-values.md",
    install=_install,
)
