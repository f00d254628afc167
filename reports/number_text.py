"""Every number that people read is turned into text here, and nowhere else.

Three significant digits (at most two decimals for percentages), a comma between thousands, a true minus sign,
an interval as `(low to high)` with as many decimals as its value, and counts in full.
"""

import math
import re
from datetime import datetime

from reports.results import Estimate

MINUS = "\N{MINUS SIGN}"
NOT_RESOLVABLE = "not resolvable"
_SIGNIFICANT_DIGITS = 3
_MAX_DECIMALS = 4
_MAX_PERCENT_DECIMALS = 2


def value_text(estimate: Estimate | None) -> str:
    """Write a value with its unit: `155 ms`; None is `not resolvable`."""
    if estimate is None:
        return NOT_RESOLVABLE
    return with_unit(number_text(estimate.value, unit=estimate.unit), estimate.unit)


def interval_text(estimate: Estimate | None) -> str:
    """Write an interval in the precision of its value: `(148 to 161)`; empty for None."""
    return _interval(estimate, is_signed=False)


def change_text(change: Estimate | None) -> str:
    """Write a change with its sign: `-62.4 %`; None is `not resolvable`."""
    if change is None:
        return NOT_RESOLVABLE
    return with_unit(number_text(change.value, unit=change.unit, is_signed=True), change.unit)


def change_interval_text(change: Estimate | None) -> str:
    """Write the interval of a change: `(-66.1 to -58.2)`; empty for None."""
    return _interval(change, is_signed=True)


def pair_text(before: Estimate | None, after: Estimate | None) -> str:
    """Write before and after with the unit once: `412 → 155 ms`."""
    if before is None and after is None:
        return NOT_RESOLVABLE
    if before is None or after is None or before.unit != after.unit:
        return f"{_short_value(before)} → {_short_value(after)}"
    first = number_text(before.value, unit=before.unit)
    return f"{first} → {with_unit(number_text(after.value, unit=after.unit), after.unit)}"


def sample_counts_text(before_count: int, after_count: int) -> str:
    """Write how many samples there are of before and of after: `390 / 388`."""
    return f"{count_text(before_count)} / {count_text(after_count)}"


def number_text(value: float, *, unit: str = "", is_signed: bool = False) -> str:
    """Write a bare number in three significant digits; `unit` decides how many decimals it may have.

    Without a unit nobody said how precise it is, so zeros at its end are left out.
    """
    text = _fixed(value, decimals=_decimals(value, unit), is_signed=is_signed)
    return text.rstrip("0").rstrip(".") if not unit and "." in text else text


def target_text(text: str) -> str:
    """Write a target as people do: `<=` becomes `≤`, and the minus sign a true one."""
    with_signs = text.replace("<=", "≤").replace(">=", "≥")
    return re.sub(r"-(?=[\d.])", MINUS, with_signs)


def margin_text(value: float, low: float, high: float, unit: str) -> str:
    """Write how far a value is from its target: `248 ms to spare (238 to 257)` or `missed by 8.2 ms (...)`.

    An interval on both sides is `between 3 ms to spare and 5 ms missing`.
    """
    decimals = _decimals(value or high, unit)
    if low < 0 <= high:
        spare, missing = (_fixed(end, decimals=decimals, is_signed=False) for end in (high, -low))
        return f"between {with_unit(spare, unit)} to spare and {with_unit(missing, unit)} missing"
    nearer, farther = sorted((abs(low), abs(high)))
    ends = " to ".join(_fixed(end, decimals=decimals, is_signed=False) for end in (nearer, farther))
    amount = with_unit(number_text(abs(value), unit=unit), unit)
    return f"{amount} to spare ({ends})" if low >= 0 else f"missed by {amount} ({ends})"


def with_unit(number: str, unit: str) -> str:
    """Put the unit behind a number; counts have none."""
    return number if unit in {"", "count"} else f"{number} {unit}"


def count_text(count: int) -> str:
    """Write a count in full: `12,345`."""
    return f"{count:,}".replace("-", MINUS)


def counted(count: int, singular: str, plural: str = "") -> str:
    """Write a count with its noun: `1 round`, `6 rounds`."""
    return f"{count_text(count)} {singular if count == 1 else plural or singular + 's'}"


def duration_text(seconds: float | None) -> str:
    """Write a duration as people say it: `45 s`, `2 min 50 s`, `1 h 5 min`; None is unknown."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def moment_text(timestamp: str) -> str:
    """Write an ISO 8601 timestamp as `2026-11-23 12:00 UTC`; what is none is shown as it is."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return timestamp
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".rstrip()


def percentage_text(share: float) -> str:
    """Write a share as a percentage without a sign: 0.95 is `95 %`."""
    return with_unit(f"{100 * share:.4g}", "%")


def _short_value(estimate: Estimate | None) -> str:
    return value_text(estimate) if estimate else "?"


def _interval(estimate: Estimate | None, *, is_signed: bool) -> str:
    if estimate is None:
        return ""
    # Zero has no precision of its own: "0 % (0 to 0.42)" must not lose its upper end.
    ends = max(_decimals(estimate.low, estimate.unit), _decimals(estimate.high, estimate.unit))
    decimals = _decimals(estimate.value, estimate.unit) if estimate.value else ends
    low, high = (_fixed(e, decimals=decimals, is_signed=is_signed) for e in (estimate.low, estimate.high))
    return f"({low} to {high})"


def _decimals(value: float, unit: str) -> int:
    if value == 0 or not math.isfinite(value) or (unit == "count" and value.is_integer()):
        return 0
    limit = _MAX_PERCENT_DECIMALS if unit == "%" else _MAX_DECIMALS
    # The exponent is taken after rounding to three digits: 99.96 is 100, not 100.0.
    exponent = int(f"{abs(value):.{_SIGNIFICANT_DIGITS - 1}e}".partition("e")[2])
    return min(max(_SIGNIFICANT_DIGITS - 1 - exponent, 0), limit)


def _fixed(value: float, *, decimals: int, is_signed: bool) -> str:
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}∞"
    magnitude = abs(value)
    if decimals == 0 and magnitude >= 10**_SIGNIFICANT_DIGITS:
        exponent = math.floor(math.log10(magnitude))
        magnitude = round(magnitude, _SIGNIFICANT_DIGITS - 1 - exponent)
    digits = f"{magnitude:,.{decimals}f}"
    sign = MINUS if value < 0 else "+" if is_signed and value > 0 else ""
    return sign + digits
