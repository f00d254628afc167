"""LoadBalancer, with a clock that the tests move."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from reference_app.scalability.load_balancer import (
    CHECKS_TO_FALL,
    EJECTION_S,
    FAILURES_TO_EJECT,
    LONGEST_EJECTION_S,
    Lease,
    LoadBalancer,
)

SEEDS = st.integers(0, 2**32 - 1)
FAST_S = 0.02


@dataclass(slots=True)
class World:
    """A balancer with instances that are ready, and its time."""

    weights: Mapping[str, float]
    seed: int = 1
    now_s: float = 1000.0
    balancer: LoadBalancer = field(init=False)

    def __post_init__(self) -> None:
        self.balancer = LoadBalancer(clock=lambda: self.now_s, rng=random.Random(self.seed))
        for name, weight in self.weights.items():
            self.balancer.add(name, weight)
            self.balancer.checked(name, is_ready=True)

    def ask(self, status: int = 200, duration_s: float = FAST_S, *, is_busy: bool = False) -> str:
        """Send one request and get its answer; answer who gave it."""
        lease = self.lease()
        lease.sent()
        self.now_s += duration_s
        lease.answered(status, is_busy=is_busy)
        lease.close()
        return lease.instance_id

    def lease(self, tried: Sequence[str] = ()) -> Lease:
        lease = self.balancer.pick(tried)
        assert lease is not None
        return lease

    def fail(self, name: str, count: int = FAILURES_TO_EJECT) -> None:
        """Let an instance fail some times in a row."""
        others = [other for other in self.weights if other != name]
        for _ in range(count):
            lease = self.lease(others)
            assert lease.instance_id == name
            lease.failed()
            lease.close()

    def states(self) -> dict[str, str]:
        return {shown["id"]: shown["state"] for shown in self.balancer.snapshot()}


def three(seed: int = 1) -> World:
    return World({"a": 1.0, "b": 1.0, "c": 1.0}, seed)


def load(world: World, rate: float, count: int, duration_s: Callable[[str], float]) -> Counter[str]:
    """Send requests at a rate, whatever becomes of them; count who got them."""
    rng = random.Random(world.seed)
    under_way: list[tuple[float, int, Lease]] = []
    got: Counter[str] = Counter()
    arrival_s = world.now_s
    for number in range(count):
        arrival_s += rng.expovariate(rate)
        while under_way and under_way[0][0] <= arrival_s:
            world.now_s, _, done = heapq.heappop(under_way)
            done.answered(200)
            done.close()
        world.now_s = arrival_s
        lease = world.lease()
        lease.sent()
        got[lease.instance_id] += 1
        heapq.heappush(under_way, (arrival_s + duration_s(lease.instance_id), number, lease))
    while under_way:
        world.now_s, _, done = heapq.heappop(under_way)
        done.answered(200)
        done.close()
    return got


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, rate=st.sampled_from([20, 60, 300]))
def test_an_instance_ten_times_as_slow_gets_less_than_a_twentieth(seed: int, rate: float) -> None:
    rng = random.Random(seed)

    def duration_s(name: str) -> float:
        return rng.uniform(0.5, 1.5) * FAST_S * (10 if name == "a" else 1)

    got = load(three(seed), rate, 2000, duration_s)

    assert got["a"] < 0.05 * got.total()


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_an_instance_that_hangs_gets_next_to_nothing(seed: int) -> None:
    got = load(three(seed), 100, 2000, lambda name: 1e4 if name == "a" else FAST_S)

    assert got["a"] < 0.02 * got.total()


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, rate=st.sampled_from([5, 50, 300]))
def test_equal_instances_get_equal_shares(seed: int, rate: float) -> None:
    got = load(three(seed), rate, 1500, lambda _: FAST_S)

    assert all(0.25 < got[name] / got.total() < 0.42 for name in "abc")


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, weight=st.sampled_from([2.0, 3.0, 5.0]), rate=st.sampled_from([5, 40]))
def test_a_weight_is_a_share_while_there_is_no_queue(seed: int, weight: float, rate: float) -> None:
    world = World({"light": 1.0, "heavy": weight}, seed)

    got = load(world, rate, 1500, lambda _: FAST_S)

    assert 0.6 * weight < got["heavy"] / got["light"] < 1.4 * weight


def test_an_instance_that_has_become_fast_again_gets_its_share_back() -> None:
    world = three()
    slowness = {"a": 10.0}
    load(world, 100, 500, lambda name: FAST_S * slowness.get(name, 1.0))
    slowness.clear()
    load(world, 100, 5000, lambda name: FAST_S * slowness.get(name, 1.0))

    got = load(world, 100, 500, lambda name: FAST_S * slowness.get(name, 1.0))

    assert got["a"] > 0.2 * got.total()


def test_failures_in_a_row_eject_and_one_good_answer_begins_the_row_anew() -> None:
    world = three()
    world.fail("a", FAILURES_TO_EJECT - 1)
    assert world.states()["a"] == "healthy"
    lease = world.lease(["b", "c"])
    lease.answered(200)
    lease.close()

    world.fail("a", FAILURES_TO_EJECT - 1)
    assert world.states()["a"] == "healthy"
    world.fail("a", 1)

    assert world.states() == {"a": "ejected", "b": "healthy", "c": "healthy"}


def test_an_ejection_ends_by_itself_and_each_further_one_lasts_longer() -> None:
    world = three()
    lengths = []
    for _ in range(12):
        world.fail("a")
        began_s = world.now_s
        while world.states()["a"] == "ejected":
            world.now_s += 1
        lengths.append(world.now_s - began_s)

    assert lengths[:3] == [EJECTION_S, 2 * EJECTION_S, 3 * EJECTION_S]
    assert lengths[-1] == LONGEST_EJECTION_S


def test_calm_makes_the_next_ejection_short_again() -> None:
    world = three()
    for _ in range(3):
        world.fail("a")
        world.now_s += LONGEST_EJECTION_S
    world.now_s += 3600
    world.fail("a")

    world.now_s += EJECTION_S

    assert world.states()["a"] == "healthy"


def test_of_a_few_instances_only_one_is_ejected_at_a_time() -> None:
    world = three()
    world.fail("a")
    world.fail("b")

    assert world.states() == {"a": "ejected", "b": "healthy", "c": "healthy"}


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_of_many_instances_at_most_a_tenth_is_ejected(seed: int) -> None:
    world = World({str(number): 1.0 for number in range(30)}, seed)
    for _ in range(2000):
        world.ask(500)

    assert Counter(world.states().values())["ejected"] == 3


def test_an_instance_that_says_when_it_has_time_is_not_ejected() -> None:
    world = World({"a": 1.0})
    for _ in range(20):
        world.ask(503, is_busy=True)

    assert world.states() == {"a": "healthy"}


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_failing_fast_draws_no_requests(seed: int) -> None:
    world = three(seed)
    load(world, 100, 300, lambda _: FAST_S)
    got: Counter[str] = Counter()
    for _ in range(300):
        lease = world.lease()
        lease.sent()
        got[lease.instance_id] += 1
        is_bad = lease.instance_id == "a"
        world.now_s += 0.0001 if is_bad else FAST_S
        lease.answered(503 if is_bad else 200, is_busy=is_bad)
        lease.close()

    assert got["a"] < 0.45 * got.total()


def test_health_checks_take_an_instance_out_and_one_takes_it_back() -> None:
    world = three()
    for count in range(CHECKS_TO_FALL):
        assert (count, world.states()["a"]) == (count, "healthy")
        world.balancer.checked("a", is_ready=False)
    assert world.states()["a"] == "unready"
    assert {world.ask() for _ in range(50)} == {"b", "c"}

    world.balancer.checked("a", is_ready=True)

    assert world.states()["a"] == "healthy"
    assert world.ask() == "a", "who is away for a while has not been seen for longest"


def test_draining_gives_nothing_new_and_lets_what_is_there_end() -> None:
    world = three()
    lease = world.lease(["b", "c"])
    world.balancer.drain("a")
    world.balancer.checked("a", is_ready=True)
    assert {world.ask() for _ in range(50)} == {"b", "c"}
    assert world.balancer.in_flight_count("a") == 1

    lease.answered(200)
    lease.close()

    assert world.balancer.in_flight_count("a") == 0
    assert world.states()["a"] == "draining"


def test_the_next_process_begins_anew_and_old_requests_do_not_count_against_it() -> None:
    world = three()
    world.fail("a")
    old = world.lease()
    world.balancer.gone(old.instance_id)
    world.balancer.gone("a")
    world.balancer.checked("a", is_ready=True)
    world.balancer.checked(old.instance_id, is_ready=True)

    old.failed()
    old.close()

    assert set(world.states().values()) == {"healthy"}
    assert world.balancer.in_flight_count(old.instance_id) == 0
    counts = {shown["id"]: shown["request_count"] for shown in world.balancer.snapshot()}
    assert counts["a"] == FAILURES_TO_EJECT + (old.instance_id == "a")


def test_with_no_process_left_there_is_nobody_to_ask() -> None:
    world = three()
    for name in "abc":
        world.balancer.gone(name)

    assert world.balancer.pick() is None


@settings(max_examples=100, deadline=None)
@given(data=st.data(), seed=SEEDS)
def test_whoever_is_healthy_comes_first_and_nobody_who_is_gone_or_draining_ever(
    data: st.DataObject, seed: int
) -> None:
    world = World(dict.fromkeys("abcd", 1.0), seed)
    actions = st.sampled_from(["fail", "checked", "unready", "gone", "drain", "wait", "ask"])
    for _ in range(data.draw(st.integers(1, 40))):
        name = data.draw(st.sampled_from("abcd"))
        match data.draw(actions):
            case "fail" if world.states()[name] in {"healthy", "ejected"}:
                world.fail(name) if world.balancer.pick([n for n in "abcd" if n != name]) else None
            case "checked":
                world.balancer.checked(name, is_ready=True)
            case "unready":
                for _ in range(CHECKS_TO_FALL):
                    world.balancer.checked(name, is_ready=False)
            case "gone":
                world.balancer.gone(name)
            case "drain":
                world.balancer.drain(name)
            case "wait":
                world.now_s += data.draw(st.floats(0, 60))
        states = world.states()
        lease = world.balancer.pick()
        by_state = {state: {n for n in states if states[n] == state} for state in states.values()}
        usable = by_state.get("healthy") or by_state.get("ejected", set()) | by_state.get("unready", set())
        assert (lease.instance_id in usable) if lease else not usable
        if lease:
            lease.close()
