"""A run folder with seeded synthetic samples, laid out by the store's own functions: no server, no clock."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model.plan import Arrival, Plan, Precision, Round, Scenario, Slice
from harness.model.sample import Sample
from harness.model.slice_summary import GeneratorReport, SliceSummary, Spread
from harness.model.variant import Variant
from harness.plan.arrivals import draw_turns, poisson_arrivals, schedule_hash
from harness.plan.plan_file import dump_plan
from harness.plan.schedule import draw_rounds
from harness.store.layer_readings import add_layer_reading
from harness.store.run_folder import RunFolder
from harness.store.samples import write_samples

JOURNEYS = {
    "search": ("GET /slots", "GET /slots/all"),
    "book": ("GET /slots", "POST /appointments", "GET /history"),
}
KPIS = """version: 1
kpis:
  - {id: response-time, title: Response time, metric: response_time, stat: p50,
     target: ["<= 400 ms", "change <= -60 %"]}
  - {id: query-time, title: Database time, metric: db_time, stat: p50, target: ["change <= -70 %"]}
  - {id: error-share, title: Share of failed requests, metric: error_share, stat: share, target: ["<= 0.5 %"]}
  - {id: memory, title: Server memory, metric: memory_uss, stat: last, target: ["change <= +10 %"],
     gate: advisory}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticServer:
    """What one variant is like."""

    service_ms: float = 100.0
    """Median of a lognormal service time."""
    db_ms: float | None = 50.0
    query_count: int | None = 9
    error_share: float = 0.0
    stalled_share: float = 0.0
    """Of requests that take ten times as long."""
    uss_mib: float = 80.0
    cpu_ms: float = 20.0
    """For each request."""
    layers: tuple[tuple[str, float], ...] = ()
    """Name and own time, ms a request, of what it tells of its middleware; empty: it does not tell."""
    external: str | None = None
    """The service that each POST calls, for 4 ms; None: it does not tell of other services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticRun:
    """What is asked, and what goes wrong."""

    before: SyntheticServer = SyntheticServer(service_ms=600, db_ms=300, query_count=40, cpu_ms=90)
    between: tuple[SyntheticServer, ...] = ()
    """Phases on the way, with the ids p1, p2, ..."""
    after: SyntheticServer = SyntheticServer()
    rounds: int = 6
    couples: int = 4
    slice_s: float = 2.5
    rate: float = 8.0
    seed: int = 1
    kpis: str = KPIS
    precision_arrivals: int = 0
    """Of each round's precision part; 0 for none."""
    looks: tuple[int, ...] = ()
    finished_slices: int | None = None
    """Stop after so many slices of the last round; None finishes it."""
    start_lag_ms: float = 0.1
    generator_cpu_share: float = 0.1
    dropped_arrivals: int = 0
    """In each slice of after."""

    @property
    def servers(self) -> dict[str, SyntheticServer]:
        """What each variant is like, by its id."""
        phases = {f"p{number}": server for number, server in enumerate(self.between, start=1)}
        return {"before": self.before, **phases, "after": self.after}

    def write(self, path: Path) -> RunFolder:
        """Write the run folder."""
        folder = RunFolder.create(path)
        plan = self._plan()
        folder.write_text(folder.plan_json, dump_plan(plan))
        folder.write_text(folder.kpis_yaml, self.kpis)
        folder.write_json(folder.environment_json, {"machine": {"cores": 2}, "clock_s": 1234567.890123})
        clock_ns = 10**12
        for round_ in plan.rounds:
            is_cut = self.finished_slices is not None and round_ is plan.rounds[-1]
            pieces = round_.slices[: self.finished_slices] if is_cut else round_.slices
            clock_ns = self._write_round(plan, folder, round_, pieces, clock_ns)
        state = "interrupted" if self.finished_slices is not None else "finished"
        note = "Stopped by the user." if state == "interrupted" else "All rounds are done."
        folder.write_status({"state": state, "note": note, "started_at": "2026-11-23T12:00:00Z"})
        return folder

    def _plan(self) -> Plan:
        return Plan(
            experiment="synthetic",
            title="Synthetic before against after",
            seed=self.seed,
            scale=1,
            scenario=Scenario(locustfile="scenario.py", rate=self.rate),
            variants=tuple(Variant(id=name, title=name.capitalize()) for name in self.servers),
            rounds=draw_rounds(
                tuple(self.servers),
                rounds=self.rounds,
                couples=self.couples,
                slice_s=self.slice_s,
                warm_up_s=4.0,
                seed=self.seed,
                precision_s=self.precision_arrivals,
            ),
            precision=Precision(seconds=self.precision_arrivals, arrivals=self.precision_arrivals)
            if self.precision_arrivals
            else None,
            kpi_file="kpis.yaml",
            looks=self.looks,
        )

    def _arrivals(self, plan: Plan, piece: Slice) -> tuple[Arrival, ...]:
        if plan.precision and piece.is_precision:
            return draw_turns(plan.precision, tuple(self.servers), seed=piece.schedule_seed)[0]
        return poisson_arrivals(rate=self.rate, duration_s=piece.duration_s, seed=piece.schedule_seed)

    def _write_round(
        self, plan: Plan, folder: RunFolder, round_: Round, pieces: Sequence[Slice], clock_ns: int
    ) -> int:
        cpu_s = dict.fromkeys(self.servers, 1.0)
        drift = random.Random(f"{self.seed}/{round_.index}").lognormvariate(0, 0.1)
        for piece in pieces:
            server = self.servers[piece.variant_id]
            arrivals = self._arrivals(plan, piece)
            lost = self.dropped_arrivals if piece.variant_id == "after" and not piece.is_warm_up else 0
            sent = arrivals[: len(arrivals) - lost]
            source = random.Random(f"{self.seed}/{round_.index}/{piece.index}")
            samples = list(self._samples(server, sent, clock_ns, drift, source))
            samples_path = folder.slice_samples(round_.index, piece.variant_id, piece.index)
            samples_path.parent.mkdir(parents=True, exist_ok=True)
            write_samples(samples_path, samples)
            planned_end_ns = clock_ns + int(piece.duration_s * 1e9)
            ended_ns = max([planned_end_ns, *(sample.finished_ns for sample in samples)])
            summary = self._summary(piece, arrivals, samples, clock_ns, ended_ns, lost)
            self._look(folder, round_, clock_ns, cpu_s)
            cpu_s[piece.variant_id] += server.cpu_ms * len(samples) / 1e3
            self._look(folder, round_, ended_ns, cpu_s)
            folder.write_slice_summary(round_.index, summary)
            clock_ns = ended_ns + 250_000_000
        self._write_queries(folder, round_)
        self._write_layers(folder, round_)
        return clock_ns

    def _samples(
        self,
        server: SyntheticServer,
        arrivals: Sequence[Arrival],
        started_ns: int,
        drift: float,
        source: random.Random,
    ) -> Iterator[Sample]:
        for position, arrival in enumerate(arrivals):
            journey = sorted(JOURNEYS)[arrival.seed % len(JOURNEYS)]
            scheduled_ns = started_ns + arrival.offset_ns
            for step, endpoint in enumerate(JOURNEYS[journey]):
                factor = drift * source.lognormvariate(0, 0.4)
                sent_ns = scheduled_ns + int(self.start_lag_ms * 1e6)
                stall = 10.0 if server.stalled_share and source.random() < server.stalled_share else 1.0
                finished_ns = sent_ns + int(server.service_ms * factor * stall * 1e6)
                is_failed = source.random() < server.error_share
                yield Sample(
                    scheduled_ns=scheduled_ns,
                    sent_ns=sent_ns,
                    first_byte_ns=None,
                    finished_ns=finished_ns,
                    arrival=position,
                    step=step,
                    journey=journey,
                    endpoint=endpoint,
                    method=endpoint.split()[0],
                    status=500 if is_failed else 200,
                    error="http_500" if is_failed else "",
                    response_bytes=100,
                    server_db_ms=server.db_ms * factor if server.db_ms is not None else None,
                    server_middleware_ms=None,
                    server_app_ms=None,
                    server_query_count=server.query_count,
                    **_external(server, endpoint),
                )
                scheduled_ns = finished_ns

    def _summary(
        self,
        piece: Slice,
        arrivals: Sequence[Arrival],
        samples: Sequence[Sample],
        started_ns: int,
        ended_ns: int,
        lost: int,
    ) -> SliceSummary:
        lag = Spread(p50=self.start_lag_ms, p99=self.start_lag_ms, max=self.start_lag_ms)
        return SliceSummary(
            slice=piece.index,
            variant=piece.variant_id,
            couple=piece.couple,
            is_warm_up=piece.is_warm_up,
            is_precision=piece.is_precision,
            duration_s=piece.duration_s,
            schedule_sha256=schedule_hash(arrivals),
            idle_cpu_share={name: 0.001 for name in self.servers if name != piece.variant_id},
            report=GeneratorReport(
                started_ns=started_ns,
                ended_ns=ended_ns,
                planned_arrivals=len(arrivals),
                sent_arrivals=len(arrivals) - lost,
                dropped_arrivals=lost,
                late_arrivals=0,
                request_count=len(samples),
                failed_count=sum(bool(sample.error) for sample in samples),
                max_in_flight=5,
                drained=True,
                start_lag_ms=lag,
                loop_lag_ms=Spread(p50=0.1, p99=0.8, max=1.0),
                generator_cpu_share=self.generator_cpu_share,
            ),
        )

    def _look(self, folder: RunFolder, round_: Round, at_ns: int, cpu_s: dict[str, float]) -> None:
        for variant, server in self.servers.items():
            uss_bytes = int(server.uss_mib * 2**20)
            line = f'{{"at_ns": {at_ns}, "uss_bytes": {uss_bytes}, "rss_bytes": {2 * uss_bytes}'
            path = folder.process_jsonl(round_.index, variant)
            path.parent.mkdir(parents=True, exist_ok=True)
            folder.append_line(path, f'{line}, "cpu_s": {cpu_s[variant]}}}')

    def _write_layers(self, folder: RunFolder, round_: Round) -> None:
        for variant, server in self.servers.items():
            requests = sum(
                summary.report.request_count
                for index, summary in folder.finished_slices()
                if (index, summary.variant, summary.is_warm_up) == (round_.index, variant, False)
            )
            for calls in (100, 100 + requests) if server.layers else ():
                layers = [
                    {"name": name, "calls": calls, "self_ms": {"sum": calls * own_ms, "p50": own_ms}}
                    for name, own_ms in server.layers
                ]
                path = folder.layers_jsonl(round_.index, variant)
                add_layer_reading(folder, path, {"layers": layers, "reason": ""})

    def _write_queries(self, folder: RunFolder, round_: Round) -> None:
        for variant in self.servers:
            statements = [
                {
                    "query": f"SELECT {number}",
                    "calls": 10,
                    "total_ms": 100.0 + number,
                    "mean_ms": 10.0 + number / 10,
                    "rows": 3,
                    "shared_blocks_hit": 7,
                    "shared_blocks_read": 1,
                }
                for number in range(25)
            ]
            folder.write_json(
                folder.queries_json(round_.index, variant), {"available": True, "statements": statements}
            )


def _external(server: SyntheticServer, endpoint: str) -> dict[str, Any]:
    if server.external is None:
        return {}
    count = int(endpoint.startswith("POST"))
    return {
        "server_external_ms": 4.0 * count,
        "server_external_count": count,
        "server_external_services": server.external if count else "",
    }
