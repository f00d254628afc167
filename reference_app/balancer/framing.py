"""Where the body of a message ends: by length, by chunks, or with its connection (RFC 9112, 6.3)."""

import re
from enum import Enum
from typing import Protocol

MOST_LINE_BYTES = 4096
MOST_TRAILER_BYTES = 16 * 1024
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t -~\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*)?\r\n")


class FramingError(Exception):
    """A body whose end cannot be told beyond doubt."""


class Body(Protocol):
    """Follows a body as it passes."""

    @property
    def is_complete(self) -> bool:
        """Tell whether its last byte has passed."""

    def feed(self, data: bytes) -> int:
        """Tell how many of these bytes, from the first, belong to the body.

        Raises:
            FramingError: They are no part of such a body.
        """


class SizedBody:
    """A body of known length; 0 is none."""

    __slots__ = ("_left", "is_complete")

    def __init__(self, length: int) -> None:
        self._left = length
        self.is_complete = length == 0

    def feed(self, data: bytes) -> int:
        """Count down."""
        taken = min(len(data), self._left)
        self._left -= taken
        self.is_complete = self._left == 0
        return taken


class EndlessBody:
    """An answer's body that ends with the connection."""

    __slots__ = ()
    is_complete = False

    def feed(self, data: bytes) -> int:
        """Take all."""
        return len(data)


class _Expected(Enum):
    SIZE = 1
    DATA = 2
    DATA_END = 3
    TRAILER = 4


class ChunkedBody:
    """A body in chunks, with or without a trailer."""

    __slots__ = ("_expected", "_left", "_line", "_trailer_bytes", "is_complete")

    def __init__(self) -> None:
        self.is_complete = False
        self._expected = _Expected.SIZE
        self._left = 0
        """Bytes of the chunk that are still to come."""
        self._line = b""
        """The beginning of a line whose end has not come yet."""
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> int:
        """Go from chunk to chunk."""
        position = 0
        while position < len(data) and not self.is_complete:
            if self._expected is _Expected.DATA:
                position = self._pass_data(data, position)
            else:
                position = self._read_line(data, position)
        return position

    def _pass_data(self, data: bytes, position: int) -> int:
        taken = min(len(data) - position, self._left)
        self._left -= taken
        if self._left == 0:
            self._expected = _Expected.DATA_END
        return position + taken

    def _read_line(self, data: bytes, position: int) -> int:
        end = data.find(b"\n", position)
        stop = len(data) if end < 0 else end + 1
        self._line += data[position:stop]
        if len(self._line) > MOST_LINE_BYTES:
            raise FramingError("A line between chunks is too long.")
        if end >= 0:
            line, self._line = self._line, b""
            self._take_line(line)
        return stop

    def _take_line(self, line: bytes) -> None:
        match self._expected:
            case _Expected.SIZE:
                self._take_size(line)
            case _Expected.TRAILER:
                self._take_trailer(line)
            case _:
                if line != b"\r\n":
                    raise FramingError("A chunk is longer than it said.")
                self._expected = _Expected.SIZE

    def _take_size(self, line: bytes) -> None:
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise FramingError("The size of a chunk is malformed.")
        self._left = int(found[1], 16)
        self._expected = _Expected.DATA if self._left else _Expected.TRAILER

    def _take_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if not _TRAILER.fullmatch(line) or self._trailer_bytes > MOST_TRAILER_BYTES:
            raise FramingError("The trailer is malformed.")
        self.is_complete = line == b"\r\n"


def body_of(content_length: int | None, *, is_chunked: bool) -> Body:
    """Follow a body: None without chunks is one that ends with its connection."""
    if is_chunked:
        return ChunkedBody()
    return EndlessBody() if content_length is None else SizedBody(content_length)
