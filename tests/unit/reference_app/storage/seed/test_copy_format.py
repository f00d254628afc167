import numpy as np
import pytest

from reference_app.storage.seed import copy_format
from reference_app.storage.seed.copy_format import (
    HEADER,
    TRAILER,
    Choice,
    Nullable,
    Text,
    bigints,
    booleans,
    dates,
    encode,
    integers,
    timestamps,
    wall_clocks,
)


def test_a_row_is_a_field_count_and_each_field_with_its_length() -> None:
    columns = [integers([7]), Text(["é"]), booleans([True])]

    stream = b"".join(encode(columns))

    assert stream == HEADER + bytes.fromhex("0003 00000004 00000007 00000002 c3a9 00000001 01") + TRAILER


def test_rows_follow_each_other_across_chunks() -> None:
    values = list(range(copy_format.CHUNK_ROWS + 2))

    stream = b"".join(encode([bigints(values)]))

    rows = [bytes.fromhex("0001 00000008") + value.to_bytes(8, "big") for value in values]
    assert stream == HEADER + b"".join(rows) + TRAILER


def test_a_table_without_rows_is_header_and_trailer() -> None:
    assert b"".join(encode([bigints([])])) == HEADER + TRAILER


@pytest.mark.parametrize(
    ("column", "field"),
    [
        (timestamps(np.array(["2000-01-01T00:00:01"], dtype="datetime64[s]")), "00000008 00000000000f4240"),
        (timestamps(np.array(["1999-12-31T23:59:59"], dtype="datetime64[s]")), "00000008 fffffffffff0bdc0"),
        (dates(np.array(["2000-02-01"], dtype="datetime64[D]")), "00000004 0000001f"),
        (wall_clocks([1]), "00000008 0000000003938700"),
        (Nullable(bigints([5]), np.array([False])), "ffffffff"),
        (Choice(("no", "yes"), np.array([1])), "00000003 796573"),
        (Text([""]), "00000000"),
    ],
)
def test_values_are_written_as_postgresql_reads_them(column: copy_format.Column, field: str) -> None:
    assert column.fields(slice(0, 1)) == [bytes.fromhex(field)]
