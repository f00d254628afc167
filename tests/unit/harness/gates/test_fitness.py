"""What makes a machine fit, doubtful or unfit, by values."""

import math

import pytest

from harness.errors import ExitCode
from harness.gates.fitness import (
    Fitness,
    GeneratorReadings,
    NoiseFloor,
    check_frequency,
    check_generator,
    check_load,
    check_memory_and_disk,
    check_noise_floor,
    check_timer,
    worst,
)
from harness.model.measurement import Estimate

GIB = 1 << 30


def states(findings):
    return [finding.state for finding in findings]


def generator(**changed):
    readings = {
        "ceiling_rate": 400,
        "calm_rate": 50,
        "added_p50_ms": 0.8,
        "added_p99_ms": 2.0,
        "loop_lag_p99_ms": 1.0,
    }
    return GeneratorReadings(**{**readings, **changed})


def floor(low, high, minutes=3.0):
    change = Estimate(value=(low + high) / 2, low=low, high=high, unit="%", sample_count=6)
    return NoiseFloor(title="response time p50", change=change, rounds=6, minutes=minutes)


def test_a_quiet_machine_is_fit_and_needs_no_advice():
    findings = (
        *check_timer(50, 0.1),
        *check_load(0.0, 0.03),
        *check_frequency(0.01, "performance"),
        *check_memory_and_disk(0, 0, 50 * GIB),
        *check_generator(generator()),
        check_noise_floor(floor(-3, 4)),
    )

    assert set(states(findings)) == {Fitness.FIT}
    assert {finding.advice for finding in findings} == {""}
    assert worst(findings).exit_code is ExitCode.PASSED


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (check_timer(5_000, 0.1), [Fitness.DOUBTFUL, Fitness.FIT]),
        (check_timer(4_000_000, 9), [Fitness.UNFIT, Fitness.UNFIT]),
        (check_load(0.05, 0.2), [Fitness.DOUBTFUL, Fitness.DOUBTFUL]),
        (check_load(0.2, 0.9), [Fitness.UNFIT, Fitness.UNFIT]),
        (check_memory_and_disk(GIB, 4096, GIB), [Fitness.DOUBTFUL, Fitness.DOUBTFUL]),
        (check_memory_and_disk(GIB, GIB, 1 << 20), [Fitness.UNFIT, Fitness.UNFIT]),
        (check_frequency(0.2, "powersave"), [Fitness.DOUBTFUL]),
        (check_frequency(None, ""), []),
    ],
)
def test_each_reading_is_held_against_its_two_limits(findings, expected):
    assert states(findings) == expected


def test_every_finding_that_is_not_ok_says_what_to_do():
    findings = (
        *check_timer(4_000_000, 9),
        *check_load(0.2, 0.9),
        *check_frequency(0.9, "powersave"),
        *check_memory_and_disk(GIB, GIB, 1 << 20),
        *check_generator(generator(ceiling_rate=5, added_p50_ms=50, added_p99_ms=90, loop_lag_p99_ms=90)),
    )

    assert set(states(findings)) == {Fitness.UNFIT}
    assert all(finding.advice for finding in findings)
    assert worst(findings).exit_code is ExitCode.INVALID


def test_a_variant_that_differs_from_itself_is_doubtful():
    assert check_noise_floor(floor(1, 4)).state is Fitness.DOUBTFUL
    assert check_noise_floor(floor(-4, -1)).state is Fitness.DOUBTFUL
    assert worst([check_noise_floor(floor(1, 4))]).exit_code is ExitCode.INCONCLUSIVE


def test_four_times_the_minutes_see_half_the_change():
    seen = floor(-5, 5)

    assert math.log1p(seen.smallest_change(12) / 100) == pytest.approx(
        math.log1p(seen.smallest_change(3) / 100) / 2
    )


def test_the_smallest_change_is_1_65_half_widths_at_the_same_length():
    seen = floor(-100 * (1 - math.exp(-0.04)), 100 * (math.exp(0.06) - 1))

    assert seen.half_width == pytest.approx(0.05)
    assert seen.smallest_change(3.0) == pytest.approx(100 * math.expm1(0.05 * 1.65))


def test_nothing_seen_is_doubtful():
    assert worst([]) is Fitness.DOUBTFUL
