"""Which statements look like one query a row."""

import pytest

from harness.stats.statements import looks_repeated


@pytest.mark.parametrize(
    ("query", "calls", "rows", "per_request", "expected"),
    [
        ("SELECT * FROM services WHERE id = $1", 900, 900, 9.0, True),
        ("select * from services\nwhere id = $1", 900, 850, 3.0, True),
        ("SELECT * FROM services WHERE id = $1", 200, 200, 2.0, False),
        ("SELECT * FROM services WHERE shop = $1", 900, 9000, 9.0, False),
        ("BEGIN", 900, 0, 9.0, False),
        ("UPDATE services SET price = $1 WHERE id = $2", 900, 900, 9.0, False),
        ("SELECT * FROM services WHERE id = $1", 900, 900, None, False),
        ("", 900, 0, 9.0, False),
    ],
)
def test_a_look_up_of_single_rows_many_times_a_request_is_told(query, calls, rows, per_request, expected):
    assert looks_repeated(query, calls=calls, rows=rows, calls_per_request=per_request) is expected
