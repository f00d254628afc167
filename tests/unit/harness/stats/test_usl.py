"""The fit of the Universal Scalability Law on servers that obey it."""

import numpy as np
import pytest

from harness.stats.usl import Point, Usl, fit_usl, fit_with_interval

CONCURRENCY = (1, 2, 4, 8, 12, 16, 24, 32)


def points(law, rng=None, noise=0.0, concurrency=CONCURRENCY):
    return [
        Point(
            concurrency=n,
            throughput=law.throughput(n) * (np.exp(noise * rng.standard_normal()) if rng else 1.0),
        )
        for n in concurrency
    ]


@pytest.mark.parametrize(
    "law",
    [
        Usl(rate=100, sigma=0.05, kappa=0.001),
        Usl(rate=7, sigma=0.4, kappa=0.0),
        Usl(rate=1000, sigma=0.0, kappa=0.0),
        Usl(rate=50, sigma=0.0, kappa=0.01),
        Usl(rate=20, sigma=0.9, kappa=0.02),
    ],
)
def test_exact_points_give_the_law_back(law):
    found = fit_usl(points(law))

    assert found.rate == pytest.approx(law.rate, rel=1e-4)
    assert found.sigma == pytest.approx(law.sigma, abs=1e-4)
    assert found.kappa == pytest.approx(law.kappa, abs=1e-5)


def test_an_open_queue_with_less_than_one_request_under_way_is_fitted_too():
    found = fit_usl([Point(concurrency=r / (1 - r), throughput=50 * r) for r in (0.1, 0.3, 0.5, 0.7, 0.9)])

    assert found.sigma == pytest.approx(0.5, abs=1e-3)
    assert found.rate == pytest.approx(25, rel=1e-3)
    assert found.peak == pytest.approx(50, rel=0.01)


def test_the_intervals_hold_the_truth_in_most_noisy_runs():
    law, rng = Usl(rate=100, sigma=0.08, kappa=0.002), np.random.default_rng(3)
    held = {"rate": 0, "sigma": 0, "kappa": 0, "knee": 0}
    for run in range(20):
        rounds = [points(law, rng, 0.03) for _ in range(8)]
        fit = fit_with_interval(rounds, confidence=0.95, seed=run)
        for name in held:
            interval, truth = getattr(fit, name), getattr(law, name)
            held[name] += interval is not None and interval.low <= truth <= interval.high

    assert min(held.values()) >= 15, held  # a bootstrap of eight rounds is a little short of 95 %


def test_the_knee_is_where_throughput_is_highest():
    law = Usl(rate=100, sigma=0.04, kappa=0.0006)
    n = np.linspace(1, 200, 20_000)

    assert law.knee == pytest.approx(n[np.argmax([law.throughput(one) for one in n])], rel=0.01)
    assert law.peak == pytest.approx(max(law.throughput(one) for one in n), rel=1e-6)


def test_a_law_that_never_falls_has_no_knee_and_tends_to_its_limit():
    assert Usl(rate=10, sigma=0.1, kappa=0).knee is None
    assert Usl(rate=10, sigma=0.1, kappa=0).peak == pytest.approx(100)
    assert Usl(rate=10, sigma=0, kappa=0).peak is None


def test_too_few_points_or_points_too_close_give_no_fit():
    law = Usl(rate=100, sigma=0.05, kappa=0.001)

    assert fit_usl(points(law, concurrency=(1, 2, 4))) is None
    assert fit_usl(points(law, concurrency=(1, 1.1, 1.2, 1.3))) is None
    assert fit_with_interval([points(law)] * 2, confidence=0.95, seed=1) is None


def test_the_same_seed_gives_the_same_intervals():
    law, rng = Usl(rate=100, sigma=0.05, kappa=0.001), np.random.default_rng(1)
    rounds = [points(law, rng, 0.05) for _ in range(4)]

    assert fit_with_interval(rounds, confidence=0.9, seed=1) == fit_with_interval(
        rounds, confidence=0.9, seed=1
    )
