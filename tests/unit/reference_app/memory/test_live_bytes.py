"""The bytes in use, of small objects and of large ones, and whatever lies between them."""

import os
import subprocess
import sys

import pytest

from reference_app.memory.live_bytes import live_bytes


def taken(size):
    """Blocks are multiples of 16; head and place in a list come on top of what an object holds."""
    return (size + 33 + 15) // 16 * 16 + 8


def grown(make):
    before = live_bytes()
    kept = make()
    after = live_bytes()
    del kept
    return after - before, live_bytes() - before


@pytest.mark.parametrize("size", [64, 400, 5_000, 200_000])
def test_what_is_kept_is_told_to_the_byte_and_what_is_let_go_of_as_well(size):
    """Up to 512 bytes lie with Python's allocator, more on the C heap, much more in pages of their own."""
    count = 20_000_000 // size

    kept, left = grown(lambda: [bytes(size) for _ in range(count)])

    assert kept == pytest.approx(count * taken(size), rel=0.03)
    assert abs(left) < 0.01 * kept


def test_holes_between_what_stays_are_not_in_use():
    def make():
        things = [bytes(1_000) for _ in range(20_000)]
        return things[::10]

    kept, _ = grown(make)

    assert kept == pytest.approx(2_000 * taken(1_000), rel=0.1)


def test_without_pythons_own_allocator_all_is_on_the_c_heap():
    code = (
        "from reference_app.memory.live_bytes import live_bytes\n"
        "before = live_bytes()\n"
        "kept = [bytes(64) for _ in range(100_000)]\n"
        "print(live_bytes() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONMALLOC": "malloc"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert int(done.stdout) == pytest.approx(100_000 * taken(64), rel=0.03)
    assert done.stderr == ""
