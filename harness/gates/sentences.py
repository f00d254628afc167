"""The words in which a verdict states its numbers: plain, exact, and never rounded across the target."""

import math
from decimal import Decimal

from harness.model.measurement import Estimate
from harness.model.verdict import Target

_ALL_OF_IT = -100.0
"""Percent: what fell by nearly all is not told as if nothing were left."""
_FEWEST_DIGITS = 2
_MOST_DIGITS = 9

_BOUNDS = {"<=": "at most", "<": "less than", ">=": "at least", ">": "more than"}
_MIRRORED = {"<=": "at least", "<": "more than", ">=": "at most", ">": "less than"}


def change_clause(estimate: Estimate, target: Target) -> str:
    """Tell a change: `fell 71 % (68 to 74 %)`, `rose ...`, `changed by -1 % (-4 to 2 %)`, or nothing."""
    numbers = (estimate.value, estimate.low, estimate.high)
    if estimate.low == estimate.high == 0:
        return "did not change"
    digits = _digits(numbers, target.value, _ALL_OF_IT)
    if estimate.high < 0:
        value, high, low = (_number(abs(number), digits) for number in numbers)
        return f"fell {_spread(value, low, high, '%')}"
    if estimate.low > 0:
        value, low, high = (_number(number, digits) for number in numbers)
        return f"rose {_spread(value, low, high, '%')}"
    value, low, high = (_signed(number, digits) for number in numbers)
    return f"changed by {_spread(value, low, high, '%')}"


def absolute_clause(estimate: Estimate, target: Target) -> str:
    """Tell a level: `is now 312 ms (300 to 325 ms)`; what never ended is `never`."""
    numbers = (estimate.value, estimate.low, estimate.high)
    if not all(math.isfinite(number) for number in numbers):
        value, low, high = (_time_or_never(number, estimate.unit) for number in numbers)
        return f"is now {value} ({low} to {high})"
    value, low, high = (_number(number, _digits(numbers, target.value, fewest=3)) for number in numbers)
    return f"is now {_spread(value, low, high, _unit(estimate.unit))}"


def _time_or_never(number: float, unit: str) -> str:
    return f"{_number(number, _MOST_DIGITS)} {unit}" if math.isfinite(number) else "never"


def claim_words(target: Target) -> str:
    """Tell what was claimed: `at most 400 ms`, `a fall of at least 60 %`, `a rise of at most 10 %`."""
    if not target.is_change:
        return f"{_BOUNDS[target.operator]} {_amount(target.value, _unit(target.unit))}"
    if target.value < 0:
        return f"a fall of {_MIRRORED[target.operator]} {_amount(-target.value, '%')}"
    return f"a rise of {_BOUNDS[target.operator]} {_amount(target.value, '%')}"


def _spread(value: str, low: str, high: str, unit: str) -> str:
    ending = f" {unit}" if unit else ""
    return f"{value}{ending} ({low} to {high}{ending})"


def _amount(value: float, unit: str) -> str:
    return f"{_number(value, _MOST_DIGITS)} {unit}".strip()


def _unit(unit: str) -> str:
    return "" if unit == "count" else unit


def _digits(numbers: tuple[float, ...], *bounds: float, fewest: int = _FEWEST_DIGITS) -> int:
    """Return the fewest digits with which no number moves to or across a bound by rounding."""
    for digits in range(fewest, _MOST_DIGITS):
        rounded = (float(_number(number, digits)) for number in numbers)
        pairs = zip(numbers, rounded, strict=True)
        if all(_side(a, bound) == _side(b, bound) for a, b in pairs for bound in bounds):
            return digits
    return _MOST_DIGITS


def _side(number: float, bound: float) -> int:
    return (number > bound) - (number < bound)


def _number(number: float, digits: int) -> str:
    """Write a number with so many significant digits, but never fewer than its whole part has."""
    whole_digits = len(str(abs(int(number)))) if abs(number) >= 1 else 0
    text = f"{number:.{max(digits, whole_digits)}g}"
    return f"{Decimal(text):f}"


def _signed(number: float, digits: int) -> str:
    text = _number(number, digits)
    return f"+{text}" if number > 0 else text
