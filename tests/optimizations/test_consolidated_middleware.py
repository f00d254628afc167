"""`consolidated_middleware`: without it layers look the same things up again, with it once."""

from collections.abc import Callable

from reference_app.variants import Build, build
from tests.component.reference_app.backends import Backend, serve_and

Clone = Callable[[tuple[str, ...]], str]


def test_layers_ask_the_database_again_without_it_and_once_for_the_caller_with_it(clone: Clone) -> None:
    others = ["response_cache", "gcra_rate_limits", "orchestrator"]

    # Without it: three of the tenant and two of the rate limit; of a client, whose row is looked for by one
    # more, also the account and its devices. With it: the account and the rate limit.
    assert _statements(build("after", removed=[*others, "consolidated_middleware"]), clone) == [5, 8]
    assert _statements(build("after", removed=others), clone) == [2, 3]


def _statements(chosen: Build, clone: Clone) -> list[int]:
    """Count the statements of a request that asks nothing, of nobody and of a client."""

    async def work(backend: Backend) -> list[int]:
        await backend.token("client")
        return [
            (await backend.ask("GET", "/api/v2/openapi.json", role)).statement_count
            for role in ("", "client")
        ]

    counts: list[int] = serve_and(chosen.components, clone(chosen.components.migrations), work)
    return counts
