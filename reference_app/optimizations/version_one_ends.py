"""Version one tells its callers that it ends and where version two is; who still calls it is counted."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.web.version_one import EndingVersionOne


def _install(components: Components) -> Components:
    return replace(components, version_one=EndingVersionOne)


VERSION_ONE_ENDS = Optimization(
    id="version_one_ends",
    phase="p6",
    hypothesis="Callers of V1 learn where to go, so that it can be taken down; it saves no time yet.",
    metric="service_time",
    adr="docs/adr/0015-version-one-ends.md",
    install=_install,
)
