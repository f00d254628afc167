"""Columns: samples side by side, one numpy array a field, as light as ten million rows need it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
CodeArray: TypeAlias = npt.NDArray[np.int32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A column of few different words: `words[codes[row]]` is the word of a row."""

    codes: CodeArray
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Samples, one array a field, all of one length; the fields are those of `Sample` that are judged."""

    scheduled_ns: IntArray
    sent_ns: IntArray
    finished_ns: IntArray
    arrival: CodeArray
    step: CodeArray
    journey: Names
    endpoint: Names
    error: Names
    """What made a request fail; the empty word for a good one."""
    is_failed: BoolArray
    status: npt.NDArray[np.int16]
    server_db_ms: FloatArray
    """NaN where the server does not say; the same for the four below."""
    server_middleware_ms: FloatArray
    server_query_count: FloatArray
    server_external_ms: FloatArray
    server_external_count: FloatArray
    external_services: Names
    """As the server names them; the empty word where it names none."""

    def __len__(self) -> int:
        return int(self.scheduled_ns.size)

    @property
    def response_ms(self) -> FloatArray:
        """From the moment the request should have been sent to the last byte of its answer."""
        return (self.finished_ns - self.scheduled_ns) / _NS_PER_MS

    @property
    def service_ms(self) -> FloatArray:
        """From the moment the request was sent to the last byte of its answer."""
        return (self.finished_ns - self.sent_ns) / _NS_PER_MS


def concatenate(parts: Sequence[Columns]) -> Columns:
    """Put samples one after another; words that parts share get one code.

    Raises:
        ValueError: there are no parts.
    """
    if not parts:
        raise ValueError("no parts make no columns")
    if len(parts) == 1:
        return parts[0]
    return Columns(
        scheduled_ns=np.concatenate([part.scheduled_ns for part in parts]),
        sent_ns=np.concatenate([part.sent_ns for part in parts]),
        finished_ns=np.concatenate([part.finished_ns for part in parts]),
        arrival=np.concatenate([part.arrival for part in parts]),
        step=np.concatenate([part.step for part in parts]),
        journey=join_names([part.journey for part in parts]),
        endpoint=join_names([part.endpoint for part in parts]),
        error=join_names([part.error for part in parts]),
        is_failed=np.concatenate([part.is_failed for part in parts]),
        status=np.concatenate([part.status for part in parts]),
        server_db_ms=np.concatenate([part.server_db_ms for part in parts]),
        server_middleware_ms=np.concatenate([part.server_middleware_ms for part in parts]),
        server_query_count=np.concatenate([part.server_query_count for part in parts]),
        server_external_ms=np.concatenate([part.server_external_ms for part in parts]),
        server_external_count=np.concatenate([part.server_external_count for part in parts]),
        external_services=join_names([part.external_services for part in parts]),
    )


def select(columns: Columns, rows: BoolArray) -> Columns:
    """Return some of the samples, in their order."""
    parts: dict[str, Any] = {}
    for field in fields(columns):
        part = getattr(columns, field.name)
        is_words = isinstance(part, Names)
        parts[field.name] = replace(part, codes=part.codes[rows]) if is_words else part[rows]
    return Columns(**parts)


def join_names(parts: Sequence[Names]) -> Names:
    """Put columns of words one after another under one numbering, in order of first mention."""
    code_by_word: dict[str, int] = {}
    pieces = []
    for part in parts:
        codes = [code_by_word.setdefault(word, len(code_by_word)) for word in part.words]
        pieces.append(np.asarray(codes, dtype=np.int32)[part.codes])
    return Names(codes=np.concatenate(pieces), words=tuple(code_by_word))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReadings:
    """What was seen of a server's processes during one round, one row a look, in time order."""

    at_ns: IntArray
    uss_bytes: FloatArray
    """NaN where the machine did not say; the same for the two below."""
    rss_bytes: FloatArray
    cpu_s: FloatArray
    """CPU time of the whole process tree since its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeReadings:
    """What a server wrote of its event loop and collections in one round, one row a beat, in time order."""

    at_ns: IntArray
    lag_ms: FloatArray
    """How much later than it should the event loop came round."""
    collection_count: IntArray
    """Since the beat before; the same for the two below."""
    pause_ms: FloatArray
    longest_pause_ms: FloatArray
