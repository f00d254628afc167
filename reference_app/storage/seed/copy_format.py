"""PostgreSQL's binary COPY format, written a column at a time.

A row is a field count and, for each field, a length and the value in network byte order. Columns of one width
are laid out by numpy for the whole chunk at once; texts and nullable values are joined in between.
Format: PostgreSQL manual, "COPY", section "Binary Format".
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
CHUNK_ROWS = 50_000
"""Rows that are encoded at once: about 10 MB of an appointment table."""

_POSTGRES_EPOCH_DAY = np.datetime64("2000-01-01", "D")
_POSTGRES_EPOCH_US = np.datetime64("2000-01-01T00:00:00", "us")
_NULL = struct.pack("!i", -1)


class Column(Protocol):
    """One column of a table."""

    def __len__(self) -> int:
        """Count the rows."""

    def fields(self, rows: slice) -> Sequence[bytes]:
        """Encode the rows' fields, each with its length in front."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A column whose values all have one width, already in network byte order."""

    encoded: npt.NDArray[np.generic]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.encoded)

    def fields(self, rows: slice) -> list[bytes]:
        """Encode the rows' fields, each with its length in front."""
        values = self.encoded[rows]
        field = np.empty(len(values), dtype=[("length", ">i4"), ("value", values.dtype)])
        field["length"] = values.dtype.itemsize
        field["value"] = values
        return _as_bytes(field)


@dataclass(frozen=True, slots=True)
class Nullable:
    """A fixed-width column with NULL where `present` is false."""

    column: Fixed
    present: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.present)

    def fields(self, rows: slice) -> list[bytes]:
        """Encode the rows' fields, each with its length in front."""
        pairs = zip(self.column.fields(rows), self.present[rows].tolist(), strict=True)
        return [field if present else _NULL for field, present in pairs]


@dataclass(frozen=True, slots=True)
class Choice:
    """A text column whose values come from a vocabulary: `words[codes[i]]`."""

    words: Sequence[str]
    codes: npt.NDArray[np.integer]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    def fields(self, rows: slice) -> list[bytes]:
        """Encode the rows' fields, each with its length in front."""
        encoded = [_text_field(word) for word in self.words]
        return [encoded[code] for code in self.codes[rows].tolist()]


@dataclass(frozen=True, slots=True)
class Text:
    """A text column with a value of its own in each row."""

    values: Sequence[str]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.values)

    def fields(self, rows: slice) -> list[bytes]:
        """Encode the rows' fields, each with its length in front."""
        return [_text_field(value) for value in self.values[rows]]


def bigints(values: npt.ArrayLike) -> Fixed:
    """Make a `bigint` column."""
    return Fixed(np.asarray(values).astype(">i8"))


def integers(values: npt.ArrayLike) -> Fixed:
    """Make an `integer` column."""
    return Fixed(np.asarray(values).astype(">i4"))


def booleans(values: npt.ArrayLike) -> Fixed:
    """Make a `boolean` column."""
    return Fixed(np.asarray(values, dtype=np.bool_).astype(np.uint8))


def timestamps(values: npt.NDArray[np.datetime64]) -> Fixed:
    """Make a `timestamptz` column of instants in UTC."""
    return Fixed((values.astype("datetime64[us]") - _POSTGRES_EPOCH_US).astype(">i8"))


def dates(values: npt.NDArray[np.datetime64]) -> Fixed:
    """Make a `date` column."""
    return Fixed((values.astype("datetime64[D]") - _POSTGRES_EPOCH_DAY).astype(">i4"))


def wall_clocks(minutes: npt.ArrayLike) -> Fixed:
    """Make a `time` column of minutes after midnight."""
    return Fixed((np.asarray(minutes, dtype=np.int64) * 60_000_000).astype(">i8"))


def encode(columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield a whole COPY stream of the table, chunk by chunk."""
    yield HEADER
    for start in range(0, len(columns[0]), CHUNK_ROWS):
        yield _encode_rows(columns, slice(start, start + CHUNK_ROWS))
    yield TRAILER


def _encode_rows(columns: Sequence[Column], rows: slice) -> bytes:
    field_count = struct.pack("!h", len(columns))
    fields = [column.fields(rows) for column in columns]
    return field_count.join((b"", *map(b"".join, zip(*fields, strict=True))))


def _as_bytes(values: npt.NDArray[np.void]) -> list[bytes]:
    items: list[bytes] = values.view(f"V{values.dtype.itemsize}").tolist()
    return items


def _text_field(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("!i", len(encoded)) + encoded
