"""Small functions from rows to a figure; each answers a function, for the catalogues."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from reference_app.storage.connections import Row

Figure = Callable[[Sequence[Row]], Any]


def count() -> Figure:
    """Count the rows."""
    return len


def total(column: str) -> Figure:
    """Add up a column."""
    return lambda rows: sum(row[column] for row in rows)


def average(column: str) -> Figure:
    """Average a column; 0 without rows."""
    return lambda rows: sum(row[column] for row in rows) / max(1, len(rows))


def share(column: str, *values: object) -> Figure:
    """Tell which part of the rows holds one of the values; 0 without rows."""
    return lambda rows: sum(row[column] in values for row in rows) / max(1, len(rows))


def tally(column: str) -> Figure:
    """Count the rows by a column's value."""
    return lambda rows: dict(Counter(row[column] for row in rows))


def distinct(column: str) -> Figure:
    """Count the different values of a column."""
    return lambda rows: len({row[column] for row in rows})


def newest(column: str) -> Figure:
    """Find the largest value of a column, if there is any row."""
    return lambda rows: max((row[column] for row in rows), default=None)


def oldest(column: str) -> Figure:
    """Find the smallest value of a column, if there is any row."""
    return lambda rows: min((row[column] for row in rows), default=None)


def top(column: str, limit: int = 3) -> Figure:
    """Find the most frequent values of a column."""
    return lambda rows: Counter(row[column] for row in rows).most_common(limit)


def hours(start: str, end: str) -> Figure:
    """Add up the hours between two columns."""
    return lambda rows: sum((row[end] - row[start]).total_seconds() for row in rows) / 3600


def gap_days(column: str) -> Figure:
    """Average the days between one moment of a column and the next; 0 for fewer than two."""

    def between(rows: Sequence[Row]) -> float:
        moments = sorted(row[column] for row in rows)
        spans: list[float] = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
        return sum(spans) / 86_400 / max(1, len(spans))

    return between


def ranked(column: str, by: str, limit: int = 5) -> Figure:
    """List a column's values of the rows that are largest in another column."""
    return lambda rows: [
        row[column] for row in sorted(rows, key=lambda row: (row[by], row[column]), reverse=True)[:limit]
    ]


def texts(form: str) -> Figure:
    """Write a line for each row."""
    return lambda rows: [form.format_map(dict(row)) for row in rows]


def has_any() -> Figure:
    """Tell whether there is a row."""
    return bool


def only(column: str) -> Figure:
    """Take a column of the first row, if there is one."""
    return lambda rows: rows[0][column] if rows else None


def longest(column: str) -> Figure:
    """Measure the longest text of a column."""
    return lambda rows: max((len(row[column]) for row in rows), default=0)
