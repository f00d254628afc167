"""The machine's shares over a slice are those of the looks that overlap it, by time."""

import numpy as np
import pytest

from harness.stats.host import HostReadings, mean_shares


def readings(*lines):
    at_s, cpu, steal = zip(*lines, strict=True) if lines else ((), (), ())
    return HostReadings(
        at_ns=(np.asarray(at_s) * 1e9).astype(np.int64),
        cpu_share=np.asarray(cpu, dtype=np.float64),
        steal_share=np.asarray(steal, dtype=np.float64),
    )


SEEN = readings((0, 0.9, 0.9), (1, 0.2, 0.0), (2, 0.6, 0.1), (3, 1.0, 0.5))


@pytest.mark.parametrize(
    ("started_s", "ended_s", "expected"),
    [
        (0, 1, (0.2, 0.0)),  # what the first look tells lies before it
        (1, 3, (0.8, 0.3)),
        (1.5, 2.25, (0.6 * 2 / 3 + 1 / 3, 0.1 * 2 / 3 + 0.5 / 3)),
    ],
)
def test_each_look_counts_by_how_long_it_overlaps_the_slice(started_s, ended_s, expected):
    assert mean_shares(SEEN, int(started_s * 1e9), int(ended_s * 1e9)) == pytest.approx(expected)


@pytest.mark.parametrize("seen", [readings(), readings((0, 0.5, 0.0))])
def test_where_nobody_looked_nothing_is_said(seen):
    assert mean_shares(seen, 0, 10**9) is None


def test_a_slice_outside_all_looks_has_no_share():
    assert mean_shares(SEEN, 5 * 10**9, 6 * 10**9) is None
