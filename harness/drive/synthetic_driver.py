"""SyntheticDriver: samples of a known truth, with no server and no time passing (A/A checks, --dry-run)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.drive.driver import ProgressListener, ignore_progress
from harness.errors import MeasurementError
from harness.model.plan import Arrival, ClosedLoop
from harness.model.slice_summary import GeneratorReport, Spread
from harness.store.sample_schema import SAMPLE_SCHEMA, SampleStream

_START_LAG_NS = 100_000
_PAUSE_BETWEEN_SLICES_NS = 250_000_000
_ENDPOINTS = ("GET /browse", "GET /read", "POST /book")
_BATCH_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticTarget:
    """The truth about one target: service times are lognormal, requests do not disturb each other."""

    median_ms: float
    sigma: float = 0.45
    failed_share: float = 0.0
    db_share: float = 0.5
    """Share of the service time that `Server-Timing` would give the database."""
    middleware_share: float = 0.2
    query_count: int = 3


class SyntheticDriver:
    """Writes what a perfect generator would have written for targets of a known truth.

    One request an arrival. The endpoint depends on the arrival's seed alone, so that the slices of a couple
    send the same requests; the service times depend on the driver's seed, the target and the number of slices
    before, so that no two slices share their luck. The clock starts at 0.
    """

    def __init__(self, targets: Mapping[str, SyntheticTarget], *, seed: int) -> None:
        self._targets = dict(targets)
        self._seed = seed
        self._slice_count = 0
        self._clock_ns = 0

    @property
    def pid(self) -> int | None:
        """None: no process sends anything."""
        return None

    def run_slice(
        self,
        target: str,
        arrivals: Sequence[Arrival],
        *,
        duration_s: float,
        samples: Path,
        drain_s: float,
        closed_loop: ClosedLoop | None = None,
        on_progress: ProgressListener = ignore_progress,
    ) -> GeneratorReport:
        """Write the samples at once; see LoadDriver.

        Raises:
            MeasurementError: there is no such target, or a closed loop is asked for: no time passes here.
        """
        if closed_loop:
            raise MeasurementError("A synthetic target answers planned arrivals only, no closed loop.")
        if target not in self._targets:
            raise MeasurementError(f"There is no synthetic target {target!r}.")
        truth = self._targets[target]
        rng = np.random.default_rng((self._seed, self._slice_count, sorted(self._targets).index(target)))
        requests = _draw(truth, arrivals, started_ns=self._clock_ns, rng=rng)
        with SampleStream(samples) as file:
            for batch in _table(truth, requests).to_batches(max_chunksize=_BATCH_ROWS):
                file.write(batch)
        on_progress(len(arrivals), len(arrivals))
        report = _report(requests, self._clock_ns, duration_s=duration_s, drain_s=drain_s)
        self._slice_count += 1
        self._clock_ns = report.ended_ns + _PAUSE_BETWEEN_SLICES_NS
        return report

    def take_turns(
        self,
        arrivals: Sequence[Arrival],
        orders: Sequence[Sequence[str]],  # noqa: ARG002  - no target's turn disturbs another's
        *,
        samples: Mapping[str, Path],
        limit_s: float,
        drain_s: float,
        on_progress: ProgressListener = ignore_progress,
    ) -> dict[str, GeneratorReport]:
        """Write the samples of all targets at once, without a look at the limit; see LoadDriver."""
        at_once = [Arrival(offset_ns=0, seed=arrival.seed) for arrival in arrivals]
        return {
            target: self.run_slice(
                target, at_once, duration_s=limit_s, samples=path, drain_s=drain_s, on_progress=on_progress
            )
            for target, path in samples.items()
        }

    def close(self) -> None:
        """Do nothing: nothing was started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Requests:
    """The requests of one slice, one an arrival."""

    scheduled_ns: NDArray[np.int64]
    sent_ns: NDArray[np.int64]
    finished_ns: NDArray[np.int64]
    service_ms: NDArray[np.float64]
    is_failed: NDArray[np.bool_]
    endpoint: NDArray[np.int32]
    """Index into _ENDPOINTS."""


def _draw(
    truth: SyntheticTarget, arrivals: Sequence[Arrival], *, started_ns: int, rng: np.random.Generator
) -> _Requests:
    count = len(arrivals)
    scheduled_ns = started_ns + np.fromiter((arrival.offset_ns for arrival in arrivals), np.int64, count)
    service_ms = truth.median_ms * np.exp(truth.sigma * rng.standard_normal(count))
    sent_ns = scheduled_ns + _START_LAG_NS
    return _Requests(
        scheduled_ns=scheduled_ns,
        sent_ns=sent_ns,
        finished_ns=sent_ns + np.rint(service_ms * 1e6).astype(np.int64),
        service_ms=service_ms,
        is_failed=rng.random(count) < truth.failed_share,
        endpoint=np.fromiter((arrival.seed % len(_ENDPOINTS) for arrival in arrivals), np.int32, count),
    )


def _table(truth: SyntheticTarget, requests: _Requests) -> pa.Table:
    count, service_ms = len(requests.sent_ns), requests.service_ms
    columns = {
        "scheduled_ns": requests.scheduled_ns,
        "sent_ns": requests.sent_ns,
        "first_byte_ns": requests.finished_ns,
        "finished_ns": requests.finished_ns,
        "arrival": np.arange(count, dtype=np.int32),
        "step": np.zeros(count, dtype=np.int32),
        "journey": _texts(np.zeros(count, dtype=np.int32), ["synthetic"]),
        "endpoint": _texts(requests.endpoint, list(_ENDPOINTS)),
        "method": _texts(
            (requests.endpoint == _ENDPOINTS.index("POST /book")).astype(np.int32), ["GET", "POST"]
        ),
        "status": np.where(requests.is_failed, 500, 200).astype(np.int16),
        "error": _texts(requests.is_failed.astype(np.int32), ["", "HTTP 500"]),
        "response_bytes": np.full(count, 1000, dtype=np.int64),
        "server_db_ms": (service_ms * truth.db_share).astype(np.float32),
        "server_middleware_ms": (service_ms * truth.middleware_share).astype(np.float32),
        "server_app_ms": service_ms.astype(np.float32),
        "server_query_count": np.full(count, truth.query_count, dtype=np.int32),
        "server_external_ms": pa.nulls(count, pa.float32()),
        "server_external_count": pa.nulls(count, pa.int32()),
        "server_external_services": _texts(np.zeros(count, dtype=np.int32), [""]),
    }
    return pa.table([columns[name] for name in SAMPLE_SCHEMA.names], schema=SAMPLE_SCHEMA)


def _report(requests: _Requests, started_ns: int, *, duration_s: float, drain_s: float) -> GeneratorReport:
    count = len(requests.sent_ns)
    end_ns = started_ns + round(duration_s * 1e9)
    last_ns = max(end_ns, int(requests.finished_ns.max(initial=0)))
    drain_end_ns = end_ns + round(drain_s * 1e9)
    return GeneratorReport(
        started_ns=started_ns,
        ended_ns=min(last_ns, drain_end_ns),
        planned_arrivals=count,
        sent_arrivals=count,
        dropped_arrivals=0,
        late_arrivals=0,
        request_count=count,
        failed_count=int(requests.is_failed.sum()),
        max_in_flight=_max_in_flight(requests.sent_ns, requests.finished_ns),
        drained=last_ns <= drain_end_ns,
        start_lag_ms=_constant_spread(_START_LAG_NS / 1e6 if count else 0.0),
        loop_lag_ms=_constant_spread(0.0),
        generator_cpu_share=0.0,
    )


def _texts(codes: NDArray[np.int32], texts: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(texts))


def _max_in_flight(sent_ns: NDArray[np.int64], finished_ns: NDArray[np.int64]) -> int:
    """Return the most requests that were in flight at once, 0 for none."""
    moments = np.concatenate([sent_ns, finished_ns])
    changes = np.concatenate([np.ones(len(sent_ns), np.int64), -np.ones(len(finished_ns), np.int64)])
    return int(np.cumsum(changes[np.lexsort((changes, moments))]).max(initial=0))


def _constant_spread(lag_ms: float) -> Spread:
    return Spread(p50=lag_ms, p99=lag_ms, max=lag_ms)
