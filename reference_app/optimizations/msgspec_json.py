"""Bodies are read and written by msgspec, in place of the standard library."""

from dataclasses import replace

from reference_app.components import Components
from reference_app.optimizations.optimization import Optimization
from reference_app.web.json_codec import MsgspecJson


def _install(components: Components) -> Components:
    return replace(components, json=MsgspecJson)


MSGSPEC_JSON = Optimization(
    id="msgspec_json",
    phase="p5",
    hypothesis="Writing an answer costs a tenth, reading a body a fifth: microseconds, more for long lists.",
    metric="service_time",
    adr="docs/adr/0016-runtime-optimizations.md",
    install=_install,
)
