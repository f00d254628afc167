"""Choices by a seed alone: always the same, all as likely, and of different salts unrelated."""

import math
from collections import Counter

from harness.generator.seeded_choice import seeded_choice, seeded_share

COUNT = 20_000
MOST_SIGMAS = 4.5
"""Once in 150,000 for one count; the seeds are fixed, so that it holds or does not."""


def test_a_share_is_that_of_splitmix64():
    # the first output of the reference implementation from state 0 is 0xE220A8397B1DCDAF
    golden = 0x9E3779B97F4A7C15
    assert seeded_share(golden, salt=0) == (0xE220A8397B1DCDAF >> 11) / 2**53


def test_each_option_is_as_likely_also_for_seeds_in_a_row():
    options = list("abcdefgh")
    counts = Counter(seeded_choice(options, seed, salt=7) for seed in range(COUNT))
    expected, sigma = COUNT / 8, math.sqrt(COUNT * 1 / 8 * 7 / 8)
    assert all(abs(counts[option] - expected) < MOST_SIGMAS * sigma for option in options)


def test_two_salts_choose_independently():
    pairs = Counter((seeded_share(s, salt=1) < 0.5, seeded_share(s, salt=2) < 0.5) for s in range(COUNT))
    sigma = math.sqrt(COUNT * 1 / 4 * 3 / 4)
    assert all(abs(count - COUNT / 4) < MOST_SIGMAS * sigma for count in pairs.values())
    assert len(pairs) == 4


def test_one_option_is_it():
    assert seeded_choice(["only"], 123, salt=5) == "only"
