"""Servers whose leak is known: real processes, real HTTP, the probe as a server of one's own mounts it.

Measurement.md, section 6, tests 22 and 23.
"""

import pytest

from harness.campaign.execute_memory import trace_allocations
from harness.model.memory import LEAK_TOLERANCE, PROBE_PATH
from harness.probe.memory import MemoryProbe
from harness.stats.leak import DESCRIPTORS, THREADS, USS, LeakState, added_growth, judge_after, judge_alone
from tests.known_truth.memory_truth import OneByOne, growth_of, leaking, look_at


def state_of(looks):
    return judge_alone(growth_of(looks), LEAK_TOLERANCE).state


def test_22_a_server_that_keeps_nothing_passes_and_one_that_leaks_fails_with_its_rate(tmp_path):
    sound = growth_of(look_at("none", 0, tmp_path / "sound"))
    leaky = growth_of(look_at("bytes", 200, tmp_path / "leaky"))

    assert judge_alone(sound, LEAK_TOLERANCE).state is LeakState.NO_LEAK
    assert leaky.interval.value == pytest.approx(200, rel=0.1)  # the long test asks for a twentieth
    added = added_growth(sound, leaky, confidence=0.95)
    assert judge_after(leaky, added, LEAK_TOLERANCE).state is LeakState.LEAK


def test_22_memory_of_which_python_knows_nothing_is_seen(tmp_path):
    hidden = growth_of(look_at("malloc", 200, tmp_path))

    assert hidden.interval.value == pytest.approx(208, rel=0.1)  # 8 bytes are the allocator's own


def test_22_descriptors_that_are_never_closed_are_counted(tmp_path):
    looks = look_at("descriptors", 20, tmp_path, requests=600)

    assert growth_of(looks, DESCRIPTORS).interval.value == pytest.approx(50, rel=0.1)
    assert growth_of(looks, THREADS).interval.value == 0


def test_a_server_without_the_probe_is_seen_from_outside_and_says_nothing_of_its_heap(tmp_path):
    looks = look_at("bytes", 20_000, tmp_path, requests=600, has_probe=False)

    assert growth_of(looks).interval is None
    assert growth_of(looks, USS).interval.low > LEAK_TOLERANCE


def test_a_tracing_server_names_the_line_and_the_container_that_grow(tmp_path):
    with leaking("bytes", 1_000, tmp_path, is_tracing=True) as server:
        probe = MemoryProbe(server.base_url, server.pid, PROBE_PATH)
        with OneByOne(server.base_url) as load:
            trace = trace_allocations(load, probe, requests=800)
    sites = {one["place"]: one["bytes"] for one in trace["end"]["sites"]}
    lengths = {one["name"]: one["length"] for one in trace["end"]["containers"]}

    place, size = max(sites.items(), key=lambda entry: entry[1])
    assert "leaking_server.py" in place
    assert size == pytest.approx(800 * 992, rel=0.1)
    assert lengths["__main__.Leak.kept"] >= 800


@pytest.mark.long
@pytest.mark.parametrize(("amount", "state"), [(56, "leak"), (200, "leak"), (1_000, "leak")])
def test_22_long_each_rate_is_found_within_a_twentieth_or_three_bytes(amount, state, tmp_path):
    found = growth_of(look_at("bytes", amount, tmp_path, requests=6_000, repeats=6))

    assert found.interval.value == pytest.approx(amount, rel=0.05, abs=3)
    assert judge_alone(found, LEAK_TOLERANCE).state == state


@pytest.mark.long
def test_22_long_forty_bytes_a_request_are_failed_and_known_within_two(tmp_path):
    found = growth_of(look_at("forty", 40, tmp_path, requests=6_000, repeats=6))

    assert found.interval.value == pytest.approx(40, abs=2)
    assert judge_alone(found, LEAK_TOLERANCE).state is LeakState.LEAK


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "amount"), [("none", 0), ("cycles", 2_000), ("cache", 1_500), ("fragments", 8)]
)
def test_22_long_what_is_no_leak_passes(kind, amount, tmp_path):
    looks = look_at(kind, amount, tmp_path, requests=6_000, repeats=6)

    assert state_of(looks) is LeakState.NO_LEAK
    if kind == "fragments":
        assert growth_of(looks, USS).interval.low > LEAK_TOLERANCE


@pytest.mark.long
def test_22_long_a_leak_beside_its_like_is_pre_existing(tmp_path):
    before = growth_of(look_at("bytes", 200, tmp_path / "before"))
    after = growth_of(look_at("bytes", 200, tmp_path / "after"))
    added = added_growth(before, after, confidence=0.95)

    assert judge_after(after, added, LEAK_TOLERANCE).state is LeakState.PRE_EXISTING


@pytest.mark.long
def test_22_long_threads_that_never_end_are_counted(tmp_path):
    looks = look_at("threads", 50, tmp_path, requests=2_000, repeats=3)

    assert growth_of(looks, THREADS).interval.value == pytest.approx(20, rel=0.1)
