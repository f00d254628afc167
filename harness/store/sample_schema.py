"""The columns of a sample file, and the one way to write one; see docs/formats.md."""

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

_TEXT = pa.dictionary(pa.int32(), pa.utf8())

SAMPLE_SCHEMA = pa.schema(
    [
        pa.field("scheduled_ns", pa.int64(), nullable=False),
        pa.field("sent_ns", pa.int64(), nullable=False),
        pa.field("first_byte_ns", pa.int64()),
        pa.field("finished_ns", pa.int64(), nullable=False),
        pa.field("arrival", pa.int32(), nullable=False),
        pa.field("step", pa.int32(), nullable=False),
        pa.field("journey", _TEXT, nullable=False),
        pa.field("endpoint", _TEXT, nullable=False),
        pa.field("method", _TEXT, nullable=False),
        pa.field("status", pa.int16(), nullable=False),
        pa.field("error", _TEXT, nullable=False),
        pa.field("response_bytes", pa.int64(), nullable=False),
        pa.field("server_db_ms", pa.float32()),
        pa.field("server_middleware_ms", pa.float32()),
        pa.field("server_app_ms", pa.float32()),
        pa.field("server_query_count", pa.int32()),
        pa.field("server_external_ms", pa.float32()),
        pa.field("server_external_count", pa.int32()),
        pa.field("server_external_services", _TEXT, nullable=False),
    ]
)
"""Names, order and types of harness.model.sample.Sample."""


LEAST_COLUMNS = 16
"""So many did samples have at first; what came later may be missing in an old file."""


class SampleStream:
    """An Arrow IPC stream of samples; each written batch is in the file at once, so a kill loses no batch."""

    def __init__(self, path: Path) -> None:
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_stream(
            self._file, SAMPLE_SCHEMA, options=pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch of SAMPLE_SCHEMA."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """End the stream properly; a stream that never was closed can still be read up to its last batch."""
        self._writer.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
