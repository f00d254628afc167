"""CPU shares from two readings of the kernel's counters."""

from collections import namedtuple

from harness.probe.host import cpu_shares

Times = namedtuple("Times", "user system idle iowait steal guest")  # noqa: PYI024  - psutil's own kind


def test_waiting_and_stolen_time_are_not_busy():
    before = Times(10, 10, 10, 10, 10, 5)
    after = Times(13, 11, 13, 11, 12, 8)  # 3 + 1 busy, 3 + 1 idle, 2 stolen

    assert cpu_shares(before, after) == (0.4, 0.2)


def test_no_time_is_no_share():
    reading = Times(1, 1, 1, 1, 1, 1)

    assert cpu_shares(reading, reading) == (0.0, 0.0)


def test_a_counter_that_steps_back_counts_as_no_time():
    assert cpu_shares(Times(1, 1, 1, 5, 0, 0), Times(2, 1, 2, 4, 0, 0)) == (0.5, 0.0)
