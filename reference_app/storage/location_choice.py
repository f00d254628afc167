"""One location or all: a statement of its own for each.

A plan that is kept for both could not use an index that begins with the location.
"""

import re
from functools import lru_cache

_EITHER = re.compile(r"\((\$\d)::bigint IS NULL OR ([\w.]+ = \1)\)")


@lru_cache(maxsize=64)
def narrowed(sql: str, *, is_one: bool) -> str:
    """Keep the half of each `($1::bigint IS NULL OR location_id = $1)` that applies; parameters stay.

    Args:
        sql: one of our own statements.
        is_one: one location is asked for; otherwise the parameter must be NULL.
    """
    return _EITHER.sub(r"\2" if is_one else r"\1::bigint IS NULL", sql)
