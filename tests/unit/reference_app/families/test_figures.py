"""What a service makes of its rows: each kind of figure by values, and none for no rows where none can be."""

from datetime import UTC, datetime
from typing import Any

import pytest

from reference_app.families.figures import (
    Figure,
    average,
    count,
    distinct,
    gap_days,
    has_any,
    hours,
    longest,
    newest,
    oldest,
    only,
    ranked,
    share,
    tally,
    texts,
    top,
    total,
)


def row(name: str, cents: int, day: int) -> dict[str, Any]:
    starts_at = datetime(2026, 3, day, 9, tzinfo=UTC)
    return {"name": name, "cents": cents, "starts_at": starts_at, "ends_at": starts_at.replace(hour=11)}


ROWS = [row("Fade", 3000, 10), row("Trim", 1000, 4), row("Fade", 2000, 1)]
FIRST, LAST = (datetime(2026, 3, day, 9, tzinfo=UTC) for day in (1, 10))


@pytest.mark.parametrize(
    ("figure", "of_rows", "of_none"),
    [
        (count(), 3, 0),
        (total("cents"), 6000, 0),
        (average("cents"), 2000, 0),
        (share("name", "Trim", "Shave"), 1 / 3, 0),
        (tally("name"), {"Fade": 2, "Trim": 1}, {}),
        (distinct("name"), 2, 0),
        (newest("starts_at"), LAST, None),
        (oldest("starts_at"), FIRST, None),
        (top("name", limit=1), [("Fade", 2)], []),
        (hours("starts_at", "ends_at"), 6, 0),
        (gap_days("starts_at"), 4.5, 0),
        (ranked("name", by="cents", limit=2), ["Fade", "Fade"], []),
        (texts("{name}: {cents}"), ["Fade: 3000", "Trim: 1000", "Fade: 2000"], []),
        (has_any(), True, False),
        (only("cents"), 3000, None),
        (longest("name"), 4, 0),
    ],
    ids=lambda value: getattr(value, "__qualname__", "").partition(".")[0],
)
def test_a_figure_is_made_of_the_rows(figure: Figure, of_rows: object, of_none: object) -> None:
    assert figure(ROWS) == of_rows
    assert figure([]) == of_none
