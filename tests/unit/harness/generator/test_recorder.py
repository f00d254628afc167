from typing import Any

import pyarrow as pa

from harness.generator.recorder import Recorder
from harness.generator.server_timing import ServerTiming
from harness.store.sample_schema import SAMPLE_SCHEMA, SampleStream

ROW: dict[str, Any] = {
    "scheduled_ns": 2**53 + 1,
    "sent_ns": 2**53 + 3,
    "first_byte_ns": 2**53 + 5,
    "finished_ns": 2**62,
    "arrival": 4,
    "step": 1,
    "journey": "browse",
    "endpoint": "GET /slots",
    "method": "GET",
    "status": 200,
    "error": "",
    "response_bytes": 2**40,
}


def rows_of(path):
    with pa.ipc.open_stream(str(path)) as reader:
        assert reader.schema.equals(SAMPLE_SCHEMA)
        return reader.read_all().to_pylist()


def test_a_row_comes_back_as_it_went_in_to_the_nanosecond(tmp_path):
    recorder = Recorder(SampleStream(tmp_path / "0001.arrow"))
    recorder.add(**ROW, server=ServerTiming(1.5, 0.25, 2.5, 3, 4.5, 2, "payments"))
    recorder.close()
    server = {
        "server_db_ms": 1.5,
        "server_middleware_ms": 0.25,
        "server_app_ms": 2.5,
        "server_query_count": 3,
        "server_external_ms": 4.5,
        "server_external_count": 2,
        "server_external_services": "payments",
    }
    assert rows_of(tmp_path / "0001.arrow") == [ROW | server]


def test_what_the_server_does_not_say_is_null_and_never_zero(tmp_path):
    recorder = Recorder(SampleStream(tmp_path / "0001.arrow"))
    recorder.add(**ROW | {"first_byte_ns": None})
    recorder.add(**ROW, server=ServerTiming(db_ms=0.0, query_count=0))
    recorder.close()
    silent, zero = rows_of(tmp_path / "0001.arrow")
    assert (silent["first_byte_ns"], zero["first_byte_ns"]) == (None, ROW["first_byte_ns"])
    assert (silent["server_db_ms"], silent["server_query_count"]) == (None, None)
    assert (silent["server_external_ms"], silent["server_external_count"]) == (None, None)
    assert silent["server_external_services"] == ""
    assert (zero["server_db_ms"], zero["server_app_ms"], zero["server_query_count"]) == (0.0, None, 0)


def test_flushed_batches_are_readable_although_the_file_was_never_closed(tmp_path):
    recorder = Recorder(SampleStream(tmp_path / "0001.arrow"))
    recorder.add(**ROW)
    recorder.flush()
    recorder.add(**ROW | {"endpoint": "GET /new", "error": "HTTP 500"})
    recorder.flush()
    recorder.add(**ROW)
    with pa.ipc.open_stream(str(tmp_path / "0001.arrow")) as reader:
        endpoints = [row["endpoint"] for batch in reader for row in batch.to_pylist()]
    assert endpoints == ["GET /slots", "GET /new"]
    recorder.close()


def test_texts_of_any_script_survive_in_a_growing_dictionary(tmp_path):
    recorder = Recorder(SampleStream(tmp_path / "0001.arrow"))
    names = [f"GET /größe/{number % 7}\u202e" for number in range(50)]
    for number, name in enumerate(names):
        recorder.add(**ROW | {"endpoint": name})
        if number % 10 == 9:
            recorder.flush()
    recorder.close()
    assert [row["endpoint"] for row in rows_of(tmp_path / "0001.arrow")] == names


def test_an_empty_slice_is_a_readable_file_without_rows(tmp_path):
    Recorder(SampleStream(tmp_path / "0001.arrow")).close()
    assert rows_of(tmp_path / "0001.arrow") == []


def test_rows_and_failed_rows_are_counted(tmp_path):
    recorder = Recorder(SampleStream(tmp_path / "0001.arrow"))
    recorder.add(**ROW)
    recorder.add(**ROW | {"error": "HTTP 500"})
    recorder.close()
    assert (recorder.row_count, recorder.failed_count) == (2, 1)
