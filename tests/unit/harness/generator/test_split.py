from hypothesis import given
from hypothesis import strategies as st

from harness.generator.split import split

ARRIVALS = [(index, index * 1000, index * 7) for index in range(101)]


def test_together_the_parts_are_the_schedule_and_no_arrival_is_in_two():
    parts = split(ARRIVALS, ["a", "b", "c"])
    assert sorted(arrival for part in parts.values() for arrival in part) == ARRIVALS
    assert {worker: len(part) for worker, part in parts.items()} == {"a": 34, "b": 34, "c": 33}


@given(st.sets(st.integers(0, 100)))
def test_who_sends_an_arrival_does_not_depend_on_what_else_is_split(kept):
    whole = split(ARRIVALS, ["a", "b", "c"])
    some = split([arrival for arrival in ARRIVALS if arrival[0] in kept], ["a", "b", "c"])
    for worker, part in some.items():
        assert part == [arrival for arrival in whole[worker] if arrival[0] in kept]


def test_each_part_is_in_order_of_time():
    for part in split(ARRIVALS, ["a", "b"]).values():
        assert part == sorted(part, key=lambda arrival: arrival[1])
