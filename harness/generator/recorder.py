"""Write one row a request: cheap to append, and flushed as Arrow batches that survive a kill."""

import os
from array import array
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.generator.server_timing import NOTHING, ServerTiming
from harness.store.sample_schema import SAMPLE_SCHEMA, SampleStream

# Columns are built from buffers: `pa.array` imports pandas at its first call, and for half a second no
# request would be sent.

_NOTHING = -1
"""Stands for null in a column of numbers that are never negative."""
_NAN = float("nan")


class BatchStream(Protocol):
    """Where the rows go: a file, or from a worker to the master."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Take a batch of SAMPLE_SCHEMA."""

    def close(self) -> None:
        """Take note that there is no more."""


class Recorder:
    """Collects the rows of one slice; `flush` moves them into the stream.

    Rows wait in typed arrays, so that an append costs about a microsecond and a flush hands whole buffers to
    Arrow: the flush runs in the event loop that also sends the load.
    """

    def __init__(self, stream: BatchStream) -> None:
        self._stream = stream
        self.row_count = 0
        self.failed_count = 0
        self._journey = _Texts()
        self._endpoint = _Texts()
        self._method = _Texts()
        self._error = _Texts()
        self._external_services = _Texts()
        self._clear()

    def add(
        self,
        *,
        scheduled_ns: int,
        sent_ns: int,
        finished_ns: int,
        arrival: int,
        step: int,
        journey: str,
        endpoint: str,
        method: str,
        status: int,
        error: str,
        response_bytes: int,
        first_byte_ns: int | None = None,
        server: ServerTiming = NOTHING,
    ) -> None:
        """Append one request."""
        self._scheduled_ns.append(scheduled_ns)
        self._sent_ns.append(sent_ns)
        self._first_byte_ns.append(_NOTHING if first_byte_ns is None else first_byte_ns)
        self._finished_ns.append(finished_ns)
        self._arrival.append(arrival)
        self._step.append(step)
        self._journey.append(journey)
        self._endpoint.append(endpoint)
        self._method.append(method)
        self._status.append(status)
        self._error.append(error)
        self._response_bytes.append(response_bytes)
        self._db_ms.append(_NAN if server.db_ms is None else server.db_ms)
        self._middleware_ms.append(_NAN if server.middleware_ms is None else server.middleware_ms)
        self._app_ms.append(_NAN if server.app_ms is None else server.app_ms)
        self._query_count.append(_NOTHING if server.query_count is None else server.query_count)
        self._external_ms.append(_NAN if server.external_ms is None else server.external_ms)
        self._external_count.append(_NOTHING if server.external_count is None else server.external_count)
        self._external_services.append(server.external_services)
        self.row_count += 1
        if error:
            self.failed_count += 1

    def flush(self) -> None:
        """Write the rows that wait as one batch."""
        if not self._sent_ns:
            return
        columns = [
            _integers(self._scheduled_ns, pa.int64()),
            _integers(self._sent_ns, pa.int64()),
            _nullable_integers(self._first_byte_ns, pa.int64()),
            _integers(self._finished_ns, pa.int64()),
            _integers(self._arrival, pa.int32()),
            _integers(self._step, pa.int32()),
            self._journey.take(),
            self._endpoint.take(),
            self._method.take(),
            _integers(self._status, pa.int16()),
            self._error.take(),
            _integers(self._response_bytes, pa.int64()),
            _durations(self._db_ms),
            _durations(self._middleware_ms),
            _durations(self._app_ms),
            _nullable_integers(self._query_count, pa.int32()),
            _durations(self._external_ms),
            _nullable_integers(self._external_count, pa.int32()),
            self._external_services.take(),
        ]
        self._clear()
        self._stream.write(pa.RecordBatch.from_arrays(columns, schema=SAMPLE_SCHEMA))

    def close(self) -> None:
        """Flush and end the file."""
        self.flush()
        self._stream.close()

    def _clear(self) -> None:
        self._scheduled_ns, self._sent_ns = array("q"), array("q")
        self._first_byte_ns, self._finished_ns = array("q"), array("q")
        self._arrival, self._step, self._status = array("i"), array("i"), array("h")
        self._response_bytes = array("q")
        self._db_ms, self._middleware_ms, self._app_ms = array("f"), array("f"), array("f")
        self._query_count = array("i")
        self._external_ms, self._external_count = array("f"), array("i")


def rehearse() -> None:
    """Write one row to nowhere, so that the first real flush loads no code."""
    recorder = Recorder(SampleStream(Path(os.devnull)))
    recorder.add(
        scheduled_ns=0,
        sent_ns=0,
        finished_ns=0,
        arrival=0,
        step=0,
        journey="",
        endpoint="",
        method="",
        status=0,
        error="",
        response_bytes=0,
    )
    recorder.close()


class _Texts:
    """A dictionary-encoded column: each text is kept once for the life of the file."""

    def __init__(self) -> None:
        self._code_by_text: dict[str, int] = {}
        self._codes = array("i")

    def append(self, text: str) -> None:
        code = self._code_by_text.get(text)
        if code is None:
            code = self._code_by_text[text] = len(self._code_by_text)
        self._codes.append(code)

    def take(self) -> pa.DictionaryArray:
        codes, self._codes = self._codes, array("i")
        return pa.DictionaryArray.from_arrays(
            _integers(codes, pa.int32()), _texts([text.encode() for text in self._code_by_text])
        )


def _integers(values: "array[int]", type_: pa.DataType) -> pa.Array:
    """Return a column over the array's own memory."""
    return pa.Array.from_buffers(type_, len(values), [None, pa.py_buffer(values)])


def _durations(values: "array[float]") -> pa.Array:
    return _nullable(values, pa.float32(), ~np.isnan(np.frombuffer(values, dtype=np.float32)))


def _nullable_integers(values: "array[int]", type_: pa.DataType) -> pa.Array:
    return _nullable(values, type_, np.asarray(values) != _NOTHING)


def _nullable(values: "array[Any]", type_: pa.DataType, is_given: NDArray[np.bool_]) -> pa.Array:
    bitmap = pa.py_buffer(np.packbits(is_given, bitorder="little"))
    return pa.Array.from_buffers(type_, len(values), [bitmap, pa.py_buffer(values)])


def _texts(texts: list[bytes]) -> pa.Array:
    offsets = np.zeros(len(texts) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.utf8(), len(texts), buffers)
