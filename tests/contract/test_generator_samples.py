"""Both sides of the seams around the generator: sample files and slice reports."""

from dataclasses import fields
from types import NoneType
from typing import get_args

import pyarrow as pa

from harness.generator.recorder import rehearse
from harness.generator.self_check import spread_ms
from harness.model.sample import Sample
from harness.model.slice_summary import Spread
from harness.store.sample_schema import SAMPLE_SCHEMA


def arrow_kind(field):
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_integer(kind):
        return int
    return float if pa.types.is_floating(kind) else str


def test_the_columns_are_the_fields_of_a_sample_in_order_and_type():
    assert SAMPLE_SCHEMA.names == [field.name for field in fields(Sample)]
    for field in fields(Sample):
        column = SAMPLE_SCHEMA.field(field.name)
        kinds = set(get_args(field.type)) or {field.type}
        assert arrow_kind(column) in kinds
        assert column.nullable == (NoneType in kinds)


def test_texts_are_dictionary_encoded_and_times_are_whole_nanoseconds():
    for name in ("journey", "endpoint", "method", "error"):
        assert SAMPLE_SCHEMA.field(name).type == pa.dictionary(pa.int32(), pa.utf8())
    for name in ("scheduled_ns", "sent_ns", "first_byte_ns", "finished_ns", "response_bytes"):
        assert SAMPLE_SCHEMA.field(name).type == pa.int64()


def test_the_first_flush_is_rehearsed_before_any_load():
    rehearse()


def test_a_spread_of_nothing_is_zero_and_of_one_lag_is_that_lag():
    assert spread_ms([]) == Spread(p50=0.0, p99=0.0, max=0.0)
    assert spread_ms([2_000_000]) == Spread(p50=2.0, p99=2.0, max=2.0)
