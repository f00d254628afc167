"""Samples on their way from a worker to the master: packed by one, unpacked by the other."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.store.sample_schema import SAMPLE_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What a worker did since its shipment before; a Locust message carries its fields."""

    slice: int
    """Which slice of the generator's life, from 0."""
    number: int
    """Position among the worker's shipments of this slice, from 0: none counts twice."""
    batches: list[bytes]
    """Rows on the master's clock, each an Arrow IPC stream."""
    begun_lags_ns: bytes
    """Start lag of each arrival that is done since the shipment before: int64, little endian."""
    sent_arrivals: int
    """From here on: since the start of the slice."""
    done_arrivals: int
    dropped_arrivals: int

    def content(self) -> dict[str, Any]:
        """Return it as Locust's messages carry it."""
        return asdict(self)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Shipment":
        """Return what `content` made a message of."""
        return cls(**{field.name: content[field.name] for field in fields(cls)})


class ShippingStream:
    """Takes the recorder's batches instead of a file, moves them onto the master's clock and packs them."""

    def __init__(self) -> None:
        self.offset_ns = 0
        """The worker's clock minus the master's; to be set before the first batch."""
        self._packed: list[bytes] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Pack a batch of SAMPLE_SCHEMA."""
        self._packed.append(pack(moved(batch, -self.offset_ns)))

    def close(self) -> None:
        """Do nothing: what is packed waits for the next shipment."""

    def take(self) -> list[bytes]:
        """Return what was packed since the last time."""
        packed, self._packed = self._packed, []
        return packed


def pack(batch: pa.RecordBatch) -> bytes:
    """Return a batch with its dictionaries as an Arrow IPC stream."""
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, SAMPLE_SCHEMA) as writer:
        writer.write_batch(batch)
    packed: bytes = buffer.getvalue().to_pybytes()
    return packed


def unpack(packed: bytes) -> Iterator[pa.RecordBatch]:
    """Yield the batches of an Arrow IPC stream."""
    with pa.ipc.open_stream(pa.py_buffer(packed)) as reader:
        yield from reader


def moved(batch: pa.RecordBatch, by_ns: int) -> pa.RecordBatch:
    """Return the batch with every moment later by so much; durations stay what they were."""
    if not by_ns:
        return batch
    columns = [
        _moved(column, by_ns) if field.name.endswith("_ns") else column
        for field, column in zip(SAMPLE_SCHEMA, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SAMPLE_SCHEMA)


def _moved(column: pa.Array, by_ns: int) -> pa.Array:
    """Add to a column of 64-bit integers; built from buffers, since `pa.array` would import pandas."""
    is_valid, values = column.buffers()
    later = np.frombuffer(values, dtype=np.int64)[column.offset : column.offset + len(column)] + by_ns
    return pa.Array.from_buffers(column.type, len(column), [is_valid, pa.py_buffer(later)])


def packed_lags(lags_ns: list[int]) -> bytes:
    """Return lags as a message carries them."""
    return np.asarray(lags_ns, dtype="<i8").tobytes()


def unpacked_lags(packed: bytes) -> NDArray[np.int64]:
    """Return what `packed_lags` packed."""
    return np.frombuffer(packed, dtype="<i8").astype(np.int64, copy=False)
