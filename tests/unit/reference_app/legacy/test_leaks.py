"""Each leak grows at its known rate when it is open, and not at all when it is closed."""

import gc
import tracemalloc
import uuid

import pytest

from reference_app.legacy.leaks import BYTES_PER_REQUEST, Leak, Leaks
from reference_app.settings import LEAKS

WARM_UP = 1_000
REQUESTS = 4_000


@pytest.mark.parametrize("kind", LEAKS)
def test_an_open_leak_grows_by_its_known_bytes_a_request(kind: str) -> None:
    leak: Leak = getattr(Leaks.only({kind}), kind)

    rate = _live_bytes_per_request(leak)

    assert rate == pytest.approx(BYTES_PER_REQUEST[kind], rel=0.1)
    assert leak.kept_count == WARM_UP + REQUESTS


@pytest.mark.parametrize("kind", LEAKS)
def test_a_closed_leak_keeps_nothing(kind: str) -> None:
    leak: Leak = getattr(Leaks.only(set(LEAKS) - {kind}), kind)

    assert _live_bytes_per_request(leak) < 1
    assert leak.kept_count == 0


def test_there_are_five_kinds() -> None:
    assert set(BYTES_PER_REQUEST) == set(LEAKS) == set(Leaks.__slots__)
    assert len(LEAKS) == 5


def _live_bytes_per_request(leak: Leak) -> float:
    """Measure what is still alive after a collection, over a few thousand requests."""
    owner = "client000001@example.test"
    is_keyed_by_owner = type(leak).__name__ == "SessionLeak"
    for _ in range(WARM_UP):
        leak.grow(owner if is_keyed_by_owner else uuid.uuid4().hex)
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(REQUESTS):
            leak.grow(owner if is_keyed_by_owner else uuid.uuid4().hex)
        gc.collect()
        live_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return live_bytes / REQUESTS
