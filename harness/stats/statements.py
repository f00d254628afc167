"""Statements of a database per request: which look like one query a row."""

REPEATED_CALLS = 3.0
"""Calls a request from which a look-up of single rows is told.

They are counted over a whole mix, in which other endpoints thin out the loop of one: what is told is worth a
look, what is not told is not proven clean.
"""


def looks_repeated(query: str, *, calls: int, rows: int, calls_per_request: float | None) -> bool:
    """Tell whether a statement looks like the N of N+1: it finds one row at most, many times a request."""
    if calls_per_request is None or calls_per_request < REPEATED_CALLS or rows > calls:
        return False
    words = query.upper().split()
    return bool(words) and words[0] in {"SELECT", "WITH"} and "WHERE" in words
