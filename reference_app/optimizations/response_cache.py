"""Answers kept as bytes until what they depend on changes, in place of JSON in JSON under the old rules."""

from dataclasses import replace

from reference_app.caching.memory_store import MemoryStore
from reference_app.caching.notified_changes import NotifiedChanges
from reference_app.caching.shared_store import SharedStore
from reference_app.components import Components
from reference_app.middleware.optimized_cache import OptimizedCacheMiddleware
from reference_app.optimizations.optimization import Optimization
from reference_app.settings import Settings
from reference_app.storage.redis_link import RedisLink


def _changes(settings: Settings, link: RedisLink) -> NotifiedChanges:
    most = settings.kept_answers_bytes
    store = SharedStore(link, most) if settings.redis_url else MemoryStore(most)
    return NotifiedChanges(settings.database_url, store)


def _install(components: Components) -> Components:
    return replace(components, cache=OptimizedCacheMiddleware, changes=_changes)


RESPONSE_CACHE = Optimization(
    id="response_cache",
    phase="p3",
    hypothesis="An answer that nobody has changed since is given out again without any query.",
    metric="query_count",
    adr="docs/adr/0018-four-layers.md",
    install=_install,
)
