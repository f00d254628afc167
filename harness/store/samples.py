"""Sample files: Arrow IPC streams as docs/formats.md says -> Columns."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from harness.errors import MeasurementError
from harness.model.sample import Sample
from harness.stats.columns import Columns, FloatArray, Names
from harness.store.atomic import told_as_measurement_error
from harness.store.sample_schema import LEAST_COLUMNS, SAMPLE_SCHEMA, SampleStream


def read_samples(path: Path) -> Columns:
    """Read one slice's samples; a file that was cut short is read up to its last whole batch.

    Raises:
        MeasurementError: there is no such file, or its columns are others.
    """
    try:
        with pa.OSFile(str(path), "rb") as file:
            batches = list(_whole_batches(file, path))
    except OSError as error:
        raise MeasurementError(f"Cannot read the samples {path}: {error}.") from error
    schema = batches[0].schema if batches else SAMPLE_SCHEMA
    return _columns(_completed(pa.Table.from_batches(batches, schema=schema)).unify_dictionaries())


def write_samples(path: Path, samples: Sequence[Sample]) -> None:
    """Write samples as the generator does, in one batch.

    Raises:
        MeasurementError: the disk is full, or the file cannot be written.
    """
    columns = {
        field.name: pa.array([getattr(sample, field.name) for sample in samples]).cast(field.type)
        for field in SAMPLE_SCHEMA
    }
    batch = pa.RecordBatch.from_pydict(columns, schema=SAMPLE_SCHEMA)
    with told_as_measurement_error(path), SampleStream(path) as stream:
        stream.write(batch)


def _whole_batches(file: Any, path: Path) -> Iterator[Any]:
    try:
        reader = pa.ipc.open_stream(file)
    except pa.ArrowInvalid:
        return  # cut short within its first bytes: no batch is whole
    names = reader.schema.names
    if len(names) < LEAST_COLUMNS or names != SAMPLE_SCHEMA.names[: len(names)]:
        raise MeasurementError(
            f"{path} has other columns than samples have: {', '.join(names)}.",
            hint="It was written by another version of kpibench: use that version, or run again.",
        )
    while True:
        try:
            yield reader.read_next_batch()
        except (StopIteration, pa.ArrowInvalid, OSError):
            return


def _completed(table: Any) -> Any:
    """Add the columns that an older version did not write: nothing is known of them."""
    for field in list(SAMPLE_SCHEMA)[table.num_columns :]:
        nothing = [None if field.nullable else ""] * table.num_rows
        table = table.append_column(field, pa.array(nothing, type=field.type))
    return table


def _columns(table: Any) -> Columns:
    error = _names(table["error"])
    return Columns(
        scheduled_ns=table["scheduled_ns"].to_numpy(),
        sent_ns=table["sent_ns"].to_numpy(),
        finished_ns=table["finished_ns"].to_numpy(),
        arrival=table["arrival"].to_numpy(),
        step=table["step"].to_numpy(),
        journey=_names(table["journey"]),
        endpoint=_names(table["endpoint"]),
        error=error,
        is_failed=_is_worded(error),
        status=table["status"].to_numpy(),
        server_db_ms=_floats(table["server_db_ms"]),
        server_middleware_ms=_floats(table["server_middleware_ms"]),
        server_query_count=_floats(table["server_query_count"]),
        server_external_ms=_floats(table["server_external_ms"]),
        server_external_count=_floats(table["server_external_count"]),
        external_services=_names(table["server_external_services"]),
    )


def _names(column: Any) -> Names:
    encoded = column.combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # what pyarrow makes of no chunks at all
        encoded = pa.array([], type=column.type)
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return Names(codes=codes, words=tuple(encoded.dictionary.to_pylist()))


def _is_worded(names: Names) -> npt.NDArray[np.bool_]:
    has_word = np.asarray([bool(word) for word in names.words], dtype=np.bool_)
    return has_word[names.codes]


def _floats(column: Any) -> FloatArray:
    """Return numbers as 64-bit floats with NaN for null: what the server did not say."""
    values: FloatArray = column.cast(pa.float64()).to_numpy()
    return values
