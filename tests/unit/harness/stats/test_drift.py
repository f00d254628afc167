"""The first third of a round beside the last: does it see a warm-up, and nothing else?"""

import math
from dataclasses import replace

import numpy as np
import pytest

from harness.stats.drift import first_against_last_third
from tests.unit.harness.stats.test_measure import columns


def test_a_server_that_became_faster_is_seen():
    found = first_against_last_third(columns(["GET /a"] * 90, [110] * 30 + [105] * 30 + [100] * 30))

    assert found == pytest.approx(math.log(1.1))


def test_another_mix_of_endpoints_is_no_drift():
    endpoints = ["GET /slow"] * 20 + ["GET /fast"] * 30 + ["GET /slow"] * 10 + ["GET /fast"] * 30
    times = [{"GET /slow": 500, "GET /fast": 20}[endpoint] for endpoint in endpoints]

    assert first_against_last_third(columns(endpoints, times)) == pytest.approx(0)


def test_the_order_of_time_counts_not_that_of_the_file():
    times = np.array([200] * 30 + [100] * 60)
    sample = columns(["GET /a"] * 90, times)
    shuffled = np.random.default_rng(1).permutation(90)
    fields = {
        name: getattr(sample, name)[shuffled]
        for name in ("scheduled_ns", "sent_ns", "finished_ns", "arrival", "step", "is_failed", "status")
    }
    assert first_against_last_third(replace(sample, **fields)) == pytest.approx(math.log(2))


def test_few_requests_and_failed_ones_say_nothing():
    assert first_against_last_third(columns(["GET /a"] * 29, range(1, 30))) is None
    assert first_against_last_third(columns(["GET /a"] * 40, range(1, 41), failed=range(20))) is None
