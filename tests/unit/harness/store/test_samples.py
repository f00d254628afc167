"""Sample files: what was written is read, nulls are NaN, a cut file loses only its last batch."""

import numpy as np
import pyarrow as pa
import pytest

from harness.errors import MeasurementError
from harness.model.sample import Sample
from harness.store.sample_schema import LEAST_COLUMNS, SAMPLE_SCHEMA, SampleStream
from harness.store.samples import read_samples, write_samples


def sample(number, endpoint="GET /slots", *, error="", db_ms: float | None = 2.5):
    return Sample(
        scheduled_ns=10**18 + number,
        sent_ns=10**18 + number + 1_000_000,
        first_byte_ns=None,
        finished_ns=10**18 + number + 5_000_000,
        arrival=number,
        step=0,
        journey="search",
        endpoint=endpoint,
        method="GET",
        status=0 if error else 200,
        error=error,
        response_bytes=3,
        server_db_ms=db_ms,
        server_middleware_ms=None,
        server_app_ms=None,
        server_query_count=4 if db_ms is not None else None,
    )


def batch(samples):
    columns = {
        field.name: pa.array([getattr(one, field.name) for one in samples]).cast(field.type)
        for field in SAMPLE_SCHEMA
    }
    return pa.RecordBatch.from_pydict(columns, schema=SAMPLE_SCHEMA)


def test_samples_come_back_as_columns(tmp_path):
    write_samples(tmp_path / "0.arrow", [sample(0), sample(1, "POST /book", error="timeout", db_ms=None)])

    found = read_samples(tmp_path / "0.arrow")

    assert len(found) == 2
    assert found.scheduled_ns.tolist() == [10**18, 10**18 + 1]
    assert found.response_ms.tolist() == [5.0, 5.0]
    assert found.service_ms.tolist() == [4.0, 4.0]
    assert [found.endpoint.words[code] for code in found.endpoint.codes] == ["GET /slots", "POST /book"]
    assert found.is_failed.tolist() == [False, True]
    assert found.status.tolist() == [200, 0]
    assert found.server_db_ms[0] == 2.5
    assert found.server_query_count[0] == 4
    assert np.isnan(found.server_db_ms[1])
    assert np.isnan(found.server_query_count[1])
    assert np.isnan(found.server_middleware_ms).all()


def test_a_file_of_an_older_version_is_read_and_tells_nothing_of_what_came_later(tmp_path):
    old = pa.schema(list(SAMPLE_SCHEMA)[:LEAST_COLUMNS])
    rows = batch([sample(0), sample(1)]).select(old.names)
    with pa.OSFile(str(tmp_path / "0.arrow"), "wb") as file, pa.ipc.new_stream(file, old) as stream:
        stream.write_batch(rows)

    found = read_samples(tmp_path / "0.arrow")

    assert found.server_query_count.tolist() == [4, 4]
    assert np.isnan(found.server_external_ms).all()
    assert np.isnan(found.server_external_count).all()
    assert [found.external_services.words[code] for code in found.external_services.codes] == ["", ""]


def test_batches_with_words_of_their_own_are_read_under_one_numbering(tmp_path):
    with SampleStream(tmp_path / "0.arrow") as stream:
        stream.write(batch([sample(0, "GET /a"), sample(1, "GET /b")]))
        stream.write(batch([sample(2, "GET /b", error="timeout"), sample(3, "GET /c")]))

    found = read_samples(tmp_path / "0.arrow")

    assert [found.endpoint.words[code] for code in found.endpoint.codes] == [
        "GET /a",
        "GET /b",
        "GET /b",
        "GET /c",
    ]
    assert found.is_failed.tolist() == [False, False, True, False]


def test_a_file_that_was_cut_short_anywhere_is_read_up_to_its_last_whole_batch(tmp_path):
    path = tmp_path / "0.arrow"
    sizes = []
    with SampleStream(path) as stream:
        for number in range(3):
            stream.write(batch([sample(number)]))
            sizes.append(path.stat().st_size)
    whole = path.read_bytes()
    assert sizes == sorted(set(sizes))

    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])

        assert read_samples(path).arrival.tolist() == list(range(sum(size <= length for size in sizes))), (
            length
        )


def test_a_slice_without_requests_has_columns_without_rows(tmp_path):
    write_samples(tmp_path / "0.arrow", [])

    found = read_samples(tmp_path / "0.arrow")

    assert len(found) == 0
    assert found.is_failed.tolist() == []


def test_a_missing_file_and_other_columns_are_told(tmp_path):
    with pytest.raises(MeasurementError, match="Cannot read the samples"):
        read_samples(tmp_path / "missing.arrow")

    with (
        pa.OSFile(str(tmp_path / "0.arrow"), "wb") as file,
        pa.ipc.new_stream(file, pa.schema([("a", pa.int8())])),
    ):
        pass
    with pytest.raises(MeasurementError, match="has other columns than samples have: a"):
        read_samples(tmp_path / "0.arrow")
