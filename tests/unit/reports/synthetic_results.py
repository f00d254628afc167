"""A results.json out of thin air: seeded, plausible, and with every corner that a report must get round.

It is loaded by path from the conftest of each folder that needs it, because test folders are no packages.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

ENDPOINTS = (
    "POST /login",
    "GET /slots",
    "GET /slots/all",
    "POST /bookings",
    "PATCH /bookings",
    "DELETE /bookings",
    "GET /clients/history",
    "GET /locations/day",
    "GET /revenue",
    "GET /health",
)
_SECONDS_A_ROUND = 24.0


def synthetic_results(
    *,
    outcome: str = "passed",
    endpoint_count: int = 10,
    seed: int = 1,
    server_timing: bool = True,
    round_count: int = 6,
    endpoints: Sequence[str] | None = None,
    phase_count: int = 0,
    ablated: Sequence[str] = (),
    is_left_out: bool = False,
    kpi_count: int = 4,
) -> dict[str, Any]:
    """Build one run.

    `server_timing=False` leaves before without its own times, as an old server would be; so many
    variants as `phase_count` stand between before and after, or one for each of `ablated`, which before has
    alone or, with `is_left_out`, which after lacks; then after comes first. KPIs beyond the
    fourth are the first ones again, with claims.
    """
    random_ = random.Random(seed)
    names = list(
        endpoints or [ENDPOINTS[i % 10] + (f"/{i // 10}" if i >= 10 else "") for i in range(endpoint_count)]
    )
    speed_up = {"passed": 0.37, "failed": 0.78, "inconclusive": 0.42, "invalid": 0.4}[outcome]
    return {
        "schema_version": 1,
        "run_id": "20261123-120000-quick",
        "experiment": "quick",
        "title": "Before against after in three minutes",
        "seed": seed,
        "started_at": "2026-11-23T12:00:00Z",
        "duration_s": 170.4,
        "outcome": outcome,
        "reason": _REASONS[outcome],
        "confidence": 0.95,
        "variants": [
            _variant(*_sides(is_left_out)[0], 1242, 3, 88.4, 21.3),
            *(_variant(id_, id_, 1242, 0, 88.0, 21.0) for id_ in _ablated_ids(ablated, is_left_out)),
            *(
                _variant(f"p{i}", f"Phase {i} of the plan", 1242, 0, 88.4 - i, 21.3 - i)
                for i in range(1, phase_count + 1)
            ),
            _variant(*_sides(is_left_out)[1], 1242, 0, 71.2, 6.1),
        ],
        "validity": _validity(outcome),
        "kpis": _more_kpis(_kpis(outcome, speed_up), kpi_count),
        "comparisons": [
            c
            for index, name in enumerate(["*", *names])
            for c in _comparisons(random_, name, index, speed_up, server_timing=server_timing)
        ]
        + [
            c | {"baseline": baseline, "variant": variant}
            for baseline, variant, factor in _phase_pairs(phase_count, speed_up)
            for index, name in enumerate(["*", *names])
            for c in _comparisons(random_, name, index, factor, server_timing=server_timing)
        ]
        + [
            c | {"baseline": _sides(is_left_out)[0][0], "variant": id_}
            for place, id_ in enumerate(_ablated_ids(ablated, is_left_out))
            for c in _comparisons(random_, "*", 0, 0.4 + 0.32 * place, server_timing=server_timing)
        ],
        "rounds": [
            {
                "index": index,
                "places": random_.sample(["before", "after"], 2),
                "slice_count": 8,
                "request_count": {"before": 207, "after": 207},
            }
            for index in range(1, round_count + 1)
        ],
        "charts": {
            "ecdf": [_ecdf(random_, name, speed_up) for name in ["*", *names]],
            "over_time": [
                _over_time(random_, variant, index, 400 * (1 if variant == "before" else speed_up))
                for index in range(1, round_count + 1)
                for variant in ("before", "after")
            ],
            "shift": [
                _shift(name, speed_up, is_simultaneous=round_count >= 10) for name in ["*", *names[::2]]
            ],
            "heat": [
                _heat(random_, name, variant, 400 * (1 if variant == "before" else speed_up))
                for name in ["*", *names[::2]]
                for variant in ("before", "after")
            ],
            "resources": [
                _resources(variant, index)
                for index in range(1, round_count + 1)
                for variant in ("before", "after")
            ],
            "runtime": [
                _runtime_line(variant, index)
                for index in range(1, round_count + 1)
                for variant in ("before", "after")
                if server_timing
            ],
        },
        "runtime": _runtime() if server_timing else {},
        "queries": _queries(),
        "layers": _layers() if server_timing else {},
        "external_calls": _external_calls() if server_timing else {},
        "errors": _errors(names),
        "gap": "",
        "environment": {
            "command": ["kpibench", "run", "quick"],
            "machine": {"cores": 2, "memory_bytes": 25769803776, "system": "Linux"},
            "postgres": {"version": "18.0", "settings": {"shared_buffers": "128MB", "jit": "off"}},
            "versions": {"python": "3.11.7", "locust": "2.47.0", "aiohttp": "3.14.0"},
        },
    }


def _sides(is_left_out: bool) -> list[tuple[str, str]]:
    sides = [("before", "Before the optimization plan"), ("after", "After the optimization plan")]
    return sides[::-1] if is_left_out else sides


def _ablated_ids(names: Sequence[str], is_left_out: bool) -> list[str]:
    return [f"after-{name}" if is_left_out else f"before+{name}" for name in names]


def estimate(
    value: float, low: float, high: float, unit: str = "ms", sample_count: int = 1242
) -> dict[str, Any]:
    """Build an E of docs/formats.md."""
    return {"value": value, "low": low, "high": high, "unit": unit, "sample_count": sample_count}


def _phase_pairs(phase_count: int, speed_up: float) -> list[tuple[str, str, float]]:
    """Pair each phase with the start and with the one in front of it; the last phase pairs with after."""
    step = speed_up ** (1 / (phase_count + 1))
    ids = ["before", *(f"p{i}" for i in range(1, phase_count + 1)), "after"]
    from_start = [("before", ids[i], step**i) for i in range(1, phase_count + 1)]
    from_last = [(ids[i - 1], ids[i], step) for i in range(2, phase_count + 2)]
    return from_start + from_last if phase_count else []


_REASONS = {
    "passed": "All 3 blocking KPIs are met.",
    "failed": "1 of 3 blocking KPIs is missed: response-time.",
    "inconclusive": "1 of 3 blocking KPIs is undecided: response-time.",
    "invalid": "The generator could not keep the planned rate: 3.1 % of the arrivals were late.",
}


_RESPONSE_REASONS = {
    "passed": "the whole interval meets <= 400 ms and change <= -60 %",
    "failed": "the whole interval misses change <= -60 %",
    "inconclusive": "the interval holds the target change <= -60 %: about 14 more rounds would decide",
}


def _variant(id_: str, title: str, requests: int, failed: int, memory: float, cpu: float) -> dict[str, Any]:
    return {
        "id": id_,
        "title": title,
        "request_count": requests,
        "failed_count": failed,
        "memory_uss": estimate(memory, memory * 0.98, memory * 1.02, "MiB", 6),
        "cpu_time": estimate(cpu, cpu * 0.95, cpu * 1.06, "ms", 6),
        "requests_per_core": estimate(1000 / cpu, 1000 / cpu / 1.06, 1000 / cpu / 0.95, "/s", 6),
    }


def _validity(outcome: str) -> list[dict[str, Any]]:
    is_valid = outcome != "invalid"
    late = 0.2 if is_valid else 3.1
    return [
        {"id": "rounds-complete", "ok": True, "value": 6, "limit": 6, "detail": "All 6 rounds are complete."},
        {
            "id": "late-arrivals",
            "ok": is_valid,
            "value": late,
            "limit": 1.0,
            "detail": f"{late} % of the arrivals started late; take a lower rate "
            "or a machine with more cores.",
        },
        {
            "id": "generator-cpu",
            "ok": True,
            "value": 0.11,
            "limit": 0.3,
            "detail": "The generator used 0.11 of a core at most.",
        },
        {
            "id": "same-schedule",
            "ok": True,
            "value": 0.0,
            "limit": 0.0,
            "detail": "Both variants replayed the same schedules.",
        },
    ]


def _kpis(outcome: str, speed_up: float) -> list[dict[str, Any]]:
    spread = 0.35 if outcome == "inconclusive" else 0.06
    change = 100 * (speed_up - 1)
    low, high = change - 100 * spread * speed_up, change + 100 * spread * speed_up
    response_outcome = "inconclusive" if outcome in {"inconclusive", "invalid"} else outcome
    after = 412 * speed_up
    return [
        {
            "id": "response-time",
            "title": "Users wait 60 % less",
            "why": "The plan promised response times 60 to 70 % lower.",
            "metric": "response_time",
            "stat": "p50",
            "endpoint": "*",
            "blocking": True,
            "outcome": response_outcome,
            "reason": _RESPONSE_REASONS[response_outcome],
            "before": estimate(412, 401.2, 425.1),
            "after": estimate(after, after * (1 - spread), after * (1 + spread)),
            "change": estimate(change, low, high, "%", 6),
            "targets": ["<= 400 ms", "change <= -60 %"],
        },
        {
            "id": "errors",
            "title": "Fewer than 1 in 100 requests fail",
            "why": "",
            "metric": "error_share",
            "stat": "share",
            "endpoint": "*",
            "blocking": True,
            "outcome": "passed",
            "reason": "at most 0.3 % failed",
            "before": estimate(0.2415, 0.05, 0.7, "%"),
            "after": estimate(0, 0, 0.2966, "%"),
            "change": None,
            "targets": ["<= 1 %"],
        },
        {
            "id": "queries",
            "title": "No more query storms",
            "why": "An answer must not cost a query a row.",
            "metric": "query_count",
            "stat": "mean",
            "endpoint": "GET /slots",
            "blocking": True,
            "outcome": "passed",
            "reason": "2 queries, the target is 6",
            "before": estimate(42.4, 42.1, 42.8, "count"),
            "after": estimate(2, 2, 2, "count"),
            "change": estimate(-95.28, -95.33, -95.25, "%", 6),
            "targets": ["<= 6 count"],
        },
        {
            "id": "tail",
            "title": "The slowest 1 % gain too",
            "why": "",
            "metric": "response_time",
            "stat": "p99",
            "endpoint": "*",
            "blocking": False,
            "outcome": "inconclusive",
            "reason": "not resolvable: 207 requests a round, p99 needs 500",
            "before": None,
            "after": None,
            "change": None,
            "targets": ["<= 1500 ms"],
        },
    ]


def _more_kpis(kpis: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    claim = {"before": "800-1200 ms", "after": "at most 400 ms", "improvement": "60-70 % faster"}
    more = [
        kpis[place % 4]
        | {"id": f"kpi-{place}", "claim": claim, "why": "Advisory: a fall by 75 % takes longer to prove."}
        for place in range(4, count)
    ]
    return kpis + more


def _comparisons(
    random_: random.Random, endpoint: str, index: int, speed_up: float, *, server_timing: bool
) -> list[dict[str, Any]]:
    count = 1242 if endpoint == "*" else max(3, 300 - 31 * (index % 10))
    base = 412.0 if endpoint == "*" else 40.0 + 97 * (index % 7)
    factor = speed_up if endpoint == "*" else speed_up * random_.uniform(0.6, 2.2)
    if endpoint == "GET /health":
        factor = 1.3

    def compared(metric: str, stat: str, value: float, ratio: float, unit: str = "ms") -> dict[str, Any]:
        change = 100 * (ratio - 1)
        return {
            "endpoint": endpoint,
            "metric": metric,
            "stat": stat,
            "before": estimate(value, value * 0.96, value * 1.05, unit, count),
            "after": estimate(value * ratio, value * ratio * 0.95, value * ratio * 1.05, unit, count),
            "change": estimate(change, change - 6 * ratio, change + 7 * ratio, "%", 6),
            "before_count": count,
            "after_count": count,
            "reason": "",
        }

    def unresolved(
        metric: str, stat: str, reason: str, before: Any = None, after: Any = None
    ) -> dict[str, Any]:
        return {
            "endpoint": endpoint,
            "metric": metric,
            "stat": stat,
            "before": before,
            "after": after,
            "change": None,
            "before_count": count,
            "after_count": count,
            "reason": reason,
        }

    failed = 0.7 if endpoint == "PATCH /bookings" else 0.0
    no_header = "the server sends no Server-Timing header"
    rows = [
        compared("response_time", "p50", base, factor),
        compared("response_time", "p95", base * 2.3, factor * 1.1)
        if count >= 100
        else unresolved(
            "response_time", "p95", f"not resolvable: {count // 6} requests a round, p95 needs 100"
        ),
        compared("service_time", "p50", base * 0.93, factor),
        unresolved(
            "error_share",
            "share",
            "not resolvable: nothing failed in before, so there is no percent of it",
            estimate(0, 0, 1.2, "%", count),
            estimate(failed, failed / 3, 1.1 + failed, "%", count),
        ),
    ]
    if server_timing:
        rows.append(compared("db_time", "mean", base * 0.7, factor * 0.6))
        rows.append(compared("query_count", "mean", 42.4, 2 / 42.4, "count"))
    else:
        rows.append(
            unresolved(
                "db_time", "mean", no_header, None, estimate(base / 5, base / 6, base / 4, "ms", count)
            )
        )
        rows.append(unresolved("query_count", "mean", no_header, None, estimate(2, 2, 2, "count", count)))
    if endpoint == "*":
        rows.append(compared("memory_uss", "last", 88.4, 71.2 / 88.4, "MiB"))
        rows.append(compared("cpu_time", "mean", 21.3, 6.1 / 21.3))
        rows.append(compared("achieved_rate", "mean", 8.0, 1.0, "/s"))
    return rows


def _ecdf(random_: random.Random, endpoint: str, speed_up: float) -> dict[str, Any]:
    def curve(median: float) -> dict[str, Any]:
        xs = sorted(median * math.exp(random_.gauss(0, 0.55)) for _ in range(300))
        return {
            "x_ms": [round(x, 3) for x in xs],
            "share": [(i + 1) / 300 for i in range(300)],
            "sample_count": 1242,
            "resolvable_share": 1 - 30 / 1242,
        }

    base = 412.0 if endpoint == "*" else random_.uniform(50, 700)
    return {
        "endpoint": endpoint,
        "metric": "response_time",
        "before": curve(base),
        "after": curve(base * speed_up),
    }


def _over_time(random_: random.Random, variant: str, round_index: int, level: float) -> dict[str, Any]:
    start = (round_index - 1) * _SECONDS_A_ROUND + (0 if variant == "before" else 2.5)
    at_s = [start + 5.0 * i for i in range(5)]
    p50 = [level * random_.uniform(0.85, 1.2) for _ in at_s]
    return {
        "variant": variant,
        "round": round_index,
        "at_s": at_s,
        "p50_ms": p50,
        "p95_ms": [None if i == 2 else value * random_.uniform(1.8, 2.8) for i, value in enumerate(p50)],
        "p99_ms": [None] * len(at_s),
        "request_count": [41] * len(at_s),
        "failed_count": [i % 2 for i in range(len(at_s))],
        "length_s": [2.5] * len(at_s),
        "in_flight": [value / 60 for value in p50],
    }


def _shift(endpoint: str, speed_up: float, *, is_simultaneous: bool) -> dict[str, Any]:
    change = 100 * (speed_up - 1)
    shares = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    return {
        "endpoint": endpoint,
        "metric": "response_time",
        "is_simultaneous": is_simultaneous,
        "points": [
            {
                "share": s,
                "value": change + 9 * s,
                "low": change + 9 * s - 4 - 5 * s,
                "high": change + 9 * s + 4 + 6 * s,
            }
            for s in shares
        ],
    }


def _heat(random_: random.Random, endpoint: str, variant: str, level: float) -> dict[str, Any]:
    edges_ms = [level / 4 * 1.33**i for i in range(13)]
    return {
        "endpoint": endpoint,
        "variant": variant,
        "edges_s": [2.5 * i for i in range(25)],
        "edges_ms": [round(edge, 3) for edge in edges_ms],
        "counts": [
            [
                max(0, round(16 * math.exp(-((band - 5) ** 2) / 5) + random_.gauss(0, 1.5)))
                for band in range(12)
            ]
            for _ in range(24)
        ],
    }


def _resources(variant: str, round_index: int) -> dict[str, Any]:
    start = (round_index - 1) * _SECONDS_A_ROUND
    level = 88.0 if variant == "before" else 71.0
    return {
        "variant": variant,
        "round": round_index,
        "at_s": [start + 2.0 * i for i in range(10)],
        "uss_mib": [level - 10 + i for i in range(9)] + [None],
        "cpu_cores": [0.8 if variant == "before" else 0.2] * 10,
    }


def _runtime_line(variant: str, round_index: int) -> dict[str, Any]:
    start = (round_index - 1) * _SECONDS_A_ROUND
    lag_ms = 60.0 if variant == "before" else 3.0
    return {
        "variant": variant,
        "round": round_index,
        "at_s": [start + 2.0 * i for i in range(10)],
        "lag_ms": [lag_ms + i for i in range(10)],
        "pause_ms": [lag_ms / 8 if i % 3 == 0 else 0.0 for i in range(10)],
    }


def _runtime() -> dict[str, Any]:
    return {
        variant: {
            "lag_p95_ms": estimate(lag_ms, 0.9 * lag_ms, 1.2 * lag_ms),
            "longest_lag_ms": 3 * lag_ms,
            "collections_per_1000": collections,
            "pause_per_request_ms": estimate(lag_ms / 40, lag_ms / 45, lag_ms / 33),
            "longest_pause_ms": lag_ms / 3,
            "reason": "",
        }
        for variant, lag_ms, collections in (("before", 60.0, 412.0), ("after", 3.0, 6.5))
    }


def _errors(names: Sequence[str]) -> dict[str, Any]:
    groups = [
        {"variant": variant, "endpoint": name, "status": status, "message": message, "count": count}
        for name in names[:3]
        for variant, status, message, count in (
            ("before", 500, "HTTPError('500 Server Error')", 3),
            ("after", 0, "ConnectionError: reset by peer", 1),
        )
    ]
    return {"group_count": len(groups), "groups": groups}


_LAYERS_BEFORE = (("sre", 0.4), ("rate_limit", 5.1), ("enhanced_security", 24.0), ("mfa", 11.2))
_LAYERS_AFTER = (("security", 0.05), ("auth", 0.21))


def _layers() -> dict[str, Any]:
    return {
        variant: {"reason": "", "layers": [_layer(name, own_ms) for name, own_ms in layers]}
        for variant, layers in (("before", _LAYERS_BEFORE), ("after", _LAYERS_AFTER))
    }


def _layer(name: str, own_ms: float) -> dict[str, Any]:
    own = estimate(own_ms, 0.9 * own_ms, 1.1 * own_ms)
    return {
        "name": name,
        "calls_per_request": 1.0,
        "per_request_ms": own,
        "p50_ms": own,
        "p95_ms": estimate(2 * own_ms, 1.8 * own_ms, 2.3 * own_ms),
        "p99_ms": None,
    }


def _external_calls() -> dict[str, Any]:
    def calls(services: str, count: int, total_ms: float) -> dict[str, Any]:
        return {"services": services, "request_count": count, "call_count": count, "total_ms": total_ms}

    return {
        "before": [calls("payments", 61, 2440.0), calls("calendar sms", 12, 360.0)],
        "after": [calls("payments", 61, 1280.5)],
    }


def _queries() -> dict[str, Any]:
    def statement(query: str, calls: int, total_ms: float) -> dict[str, Any]:
        return {
            "query": query,
            "calls": calls,
            "total_ms": total_ms,
            "mean_ms": total_ms / calls,
            "calls_per_request": calls / 1242,
            "looks_repeated": calls > 3 * 1242,
            "rows": calls,
            "shared_blocks_hit": 9,
            "shared_blocks_read": 0,
            "plan": "Seq Scan on appointments  (cost=0.00..2331.00)\n  Filter: (barber_id = $1)",
        }

    shared = "SELECT id, password_hash FROM clients WHERE email = $1"
    return {
        "before": [
            statement(
                "SELECT starts_at, ends_at FROM appointments WHERE barber_id = $1 AND starts_at >= $2 "
                "AND starts_at < $3 AND status <> $4 ORDER BY starts_at",
                48_212,
                181_204.3,
            ),
            statement("SELECT * FROM services WHERE id = $1", 31_009, 9_120.1),
            statement(shared, 310, 4_410.7),
        ],
        "after": [
            statement(
                "SELECT b.id, s.starts_at FROM barbers b CROSS JOIN LATERAL "
                "free_slots(b.id, $1, $2) s WHERE b.location_id = $3",
                1_120,
                6_310.0,
            ),
            statement(shared, 310, 21.4),
        ],
    }
