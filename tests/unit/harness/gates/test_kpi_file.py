"""The KPI file: what it means, and every fault at once with its line."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.documents import load_schema
from harness.errors import UsageError
from harness.gates.kpi_file import parse_kpi_file, parse_target, read_kpi_file
from harness.gates.no_slower import no_slower
from harness.gates.tolerances import CLOSE_TOLERANCES, TOLERANCES
from harness.model.metric import METRIC_BY_ID
from harness.model.verdict import Claim, Target
from harness.stats.measure import METRIC_STATS

ROOT = Path(__file__).parents[4]
NO_SLOWER = [
    f"harness/gates/{no_slower(has_precision=has_precision).name}" for has_precision in (True, False)
]


def test_the_default_file_holds_the_claims_of_the_plan():
    found = read_kpi_file(ROOT / "kpis.yaml")

    assert found.confidence == 0.95
    assert [(kpi.id, kpi.is_blocking) for kpi in found.kpis] == [
        ("response-time", True),
        ("query-time", True),
        ("middleware-time", False),
        ("memory-stable", False),
        ("service-count", True),
        ("middleware-layers", True),
        ("index-count", False),
        ("unused-indexes", False),
        ("error-share", True),
        ("wrong-answers", True),
        ("double-bookings", True),
    ]
    assert [target.text for target in found.kpis[0].targets] == ["<= 400 ms", "change <= -60 %"]
    assert found.kpis[0].claim == Claim(
        before="800-1200 ms", after="at most 400 ms", improvement="60-70 % faster"
    )


@pytest.mark.parametrize("path", ["kpis.yaml", *NO_SLOWER])
def test_editors_find_the_schema_of_our_own_files(path):
    first = (ROOT / path).read_text().splitlines()[0]
    name = first.removeprefix("# yaml-language-server: $schema=")

    assert ((ROOT / path).parent / name).resolve() == ROOT / "harness" / "gates" / "kpi_file.schema.json"


def test_two_running_servers_are_asked_for_both_parts_of_a_round_or_for_the_one_that_there_is():
    both, load = (read_kpi_file(ROOT / path).kpis for path in NO_SLOWER)

    assert [(kpi.id, kpi.targets[0].value) for kpi in both] == [
        ("service-time", 7.5),
        ("response-time", 15),
        ("error-share", 1),
    ]
    assert [replace(kpi, line=0) for kpi in load] == [replace(kpi, line=0) for kpi in both[1:]]


def test_the_schema_knows_every_metric_and_statistic():
    entry = load_schema("harness.gates", "kpi_file.schema.json")["properties"]["kpis"]["items"]["properties"]

    assert set(entry["metric"]["enum"]) == METRIC_BY_ID.keys()
    assert set(entry["stat"]["enum"]) == {stat for stats in METRIC_STATS.values() for stat in stats}


def test_the_schema_knows_every_guard():
    guards = load_schema("harness.gates", "kpi_file.schema.json")["properties"]["guards"]["properties"]

    assert guards.keys() == TOLERANCES.keys() == CLOSE_TOLERANCES.keys()


def test_what_is_left_out_has_a_default():
    (kpi,) = parse_kpi_file(
        "version: 1\nkpis: [{id: a, title: A, metric: cpu_time, stat: mean, target: ['<= 1 ms']}]",
        name="k.yaml",
    ).kpis

    assert (kpi.endpoint, kpi.why, kpi.is_blocking) == ("*", "", True)


@pytest.mark.parametrize(
    ("text", "unit", "value", "canonical", "is_change", "operator"),
    [
        ("<= 400 ms", "ms", 400, "ms", False, "<="),
        ("<= 0.4 s", "ms", 400, "ms", False, "<="),
        ("< 250us", "ms", 0.25, "ms", False, "<"),
        (">= 2 GiB", "MiB", 2048, "MiB", False, ">="),
        ("<= 512 KiB", "MiB", 0.5, "MiB", False, "<="),
        ("<= 0.5 %", "%", 0.5, "%", False, "<="),
        ("<= 6 count", "count", 6, "count", False, "<="),
        ("> 8 /s", "/s", 8, "/s", False, ">"),
        ("change <= -60 %", "ms", -60, "%", True, "<="),
        ("change <= +10%", "MiB", 10, "%", True, "<="),
        ("change >= .5 %", "/s", 0.5, "%", True, ">="),
    ],
)
def test_a_target_is_read_into_the_metrics_own_unit(text, unit, value, canonical, is_change, operator):
    assert parse_target(text, unit) == Target(
        text=text, is_change=is_change, operator=operator, value=value, unit=canonical
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("400 ms", "'400 ms' is no target; write '<= 400 ms' or 'change <= -60 %'"),
        ("<= fast", "'<= fast' is no target; write '<= 400 ms' or 'change <= -60 %'"),
        ("<= 400", "'<= 400' has no unit; give one of us, ms, s"),
        ("<= 400 MiB", "'<= 400 MiB': this metric is not given in MiB, but in us, ms, s"),
        ("<= 5 %", "'<= 5 %': this metric is not given in %, but in us, ms, s"),
        ("change <= -60", "'change <= -60' has no unit; give one of %"),
        ("change <= -60 ms", "'change <= -60 ms': a change is not given in ms, but in %"),
        ("change <= -160 %", "'change <= -160 %': nothing falls by more than 100 %"),
    ],
)
def test_what_is_no_target_says_why(text, told):
    with pytest.raises(ValueError, match=r".") as caught:
        parse_target(text, "ms")

    assert str(caught.value) == told


def test_every_fault_is_told_at_once_with_its_line():
    text = """version: 1
kpis:
  - id: slow
    title: Slow
    metric: response_time
    stat: p98
    target: ["<= 400"]
  - id: slow
    title: Slow again
    metric: latency
    stat: p95
    target: ["<= 1 s"]
    gates: blocking
  - id: memory
    title: Memory
    metric: memory_uss
    stat: p50
    endpoint: GET /slots
    target:
      - "<= 400 ms"
      - "fast"
"""
    with pytest.raises(UsageError) as caught:
        parse_kpi_file(text, name="kpis.yaml")

    told = caught.value.message.splitlines()
    assert told[0] == "kpis.yaml has 9 faults:"
    assert [line.split(":")[1] for line in told[1:]] == ["6", "7", "8", "10", "13", "17", "18", "20", "21"]
    assert "p98" in told[1]
    assert told[2].endswith("'<= 400' has no unit; give one of us, ms, s")
    assert told[3].endswith("the id 'slow' is taken, see line 3")
    assert "'latency' is not one of" in told[4]
    assert "unknown key 'gates'" in told[5]
    assert told[6].endswith("memory_uss has no p50; it has last")
    assert "belongs to the server" in told[7]


def test_a_file_without_guards_has_the_tolerances_of_its_kind_of_run():
    found = read_kpi_file(ROOT / "kpis.yaml")

    assert found.tolerances(has_looks=False) == TOLERANCES
    assert found.tolerances(has_looks=True) == CLOSE_TOLERANCES
    assert (TOLERANCES["unloaded_time"], TOLERANCES["response_time"]) == (7.5, 15)
    assert (CLOSE_TOLERANCES["unloaded_time"], CLOSE_TOLERANCES["response_time"]) == (5, 10)


def test_a_file_says_what_is_tolerated_and_what_is_not_watched():
    found = parse_kpi_file(
        """version: 1
guards: {response_time: 20 %, slow_share: 1.5 points, cpu_time: none}
kpis: [{id: a, title: A, metric: cpu_time, stat: mean, target: ['<= 1 ms']}]
""",
        name="k.yaml",
    )
    own = {"response_time": 20, "slow_share": 1.5}

    assert found.tolerances(has_looks=False) == {
        metric: own.get(metric, default) for metric, default in TOLERANCES.items() if metric != "cpu_time"
    }
    assert found.tolerances(has_looks=True)["response_time"] == 20


def test_every_fault_of_the_guards_is_told_with_its_line():
    text = """version: 1
guards:
  response_time: 15
  unloaded_time: "7.5"
  db_time: 2 ms
  cpu_time: -5 %
  slow_share: 0.5 %
  memory_uss: 10 %
  error_share: some
kpis: [{id: a, title: A, metric: cpu_time, stat: mean, target: ['<= 1 ms']}]
"""
    with pytest.raises(UsageError) as caught:
        parse_kpi_file(text, name="k.yaml")

    assert caught.value.message.splitlines()[1:] == [
        "  k.yaml:3: guards.response_time: 15 is not of type 'string'",
        "  k.yaml:4: '7.5': the tolerance of unloaded_time has no unit; it is given in %",
        "  k.yaml:5: '2 ms': the tolerance of db_time is not given in ms, but in %",
        "  k.yaml:6: '-5 %' is no tolerance; write '15 %', or none",
        "  k.yaml:7: '0.5 %': the tolerance of slow_share is not given in %, but in points",
        (
            "  k.yaml:8: unknown key 'memory_uss'; known are cpu_time, db_time, error_share, response_time,"
            " slow_share, unloaded_time"
        ),
        "  k.yaml:9: 'some' is no tolerance; write '0.5 points', or none",
    ]


def test_a_whole_entry_is_read():
    (kpi,) = parse_kpi_file(
        """version: 1
comparison: {min_requests: 500, on_inconclusive: failed, on_missing_baseline: warned}
kpis:
  - id: reads
    title: Reads
    owner: payments
    claim: {before: 800-1200 ms, after: <= 400 ms, improvement: 60-70 %}
    metric: response_time
    stat: p95
    endpoint: "GET *"
    target: ["<= 300 ms", "change <= -20 %"]
    warn: ["<= 320 ms"]
    decide_on: point
""",
        name="kpis.yaml",
    ).kpis

    assert [limit.value for limit in kpi.warn] == [320]
    assert kpi.claim == Claim(before="800-1200 ms", after="<= 400 ms", improvement="60-70 %")
    assert (kpi.decide_on, kpi.owner, kpi.line, kpi.endpoint) == ("point", "payments", 4, "GET *")
    assert (kpi.min_requests, kpi.on_inconclusive, kpi.on_missing_baseline) == (500, "failed", "warned")


def test_the_groups_that_kpis_are_about_are_named_once():
    entry = "{{id: {}, title: A, metric: response_time, stat: p50, endpoint: '{}', target: ['<= 1 s']}}"
    entries = [entry.format(f"k{i}", where) for i, where in enumerate(["*", "GET *", "GET /a", "GET *"])]

    found = parse_kpi_file(f"version: 1\nkpis: [{', '.join(entries)}]", name="k.yaml")

    assert found.patterns == ("GET *",)


def test_a_warning_limit_must_be_looser_than_its_target():
    text = """version: 1
kpis:
  - id: a
    title: A
    metric: response_time
    stat: p50
    target: ["<= 300 ms", "change <= -20 %"]
    warn:
      - "<= 300 ms"
      - "<= 0.4 s"
      - "change <= -30 %"
      - "change <= -10 %"
      - ">= 100 ms"
      - "<= 310"
"""
    with pytest.raises(UsageError) as caught:
        parse_kpi_file(text, name="k.yaml")

    assert caught.value.message.splitlines()[1:] == [
        "  k.yaml:9: '<= 300 ms' must be looser than the target '<= 300 ms'",
        "  k.yaml:11: 'change <= -30 %' must be looser than the target 'change <= -20 %'",
        "  k.yaml:13: '>= 100 ms' warns of nothing: no target bounds the same number on the same side",
        "  k.yaml:14: '<= 310' has no unit; give one of us, ms, s",
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "kpis: 3\nversion: 1", "version: 1\nkpis: []", "version: 1\nkpis: [3]"]
)
def test_a_file_of_another_shape_is_refused_without_a_crash(text):
    with pytest.raises(UsageError):
        parse_kpi_file(text, name="kpis.yaml")


def test_what_is_not_yaml_is_told_with_its_line():
    with pytest.raises(UsageError, match=r"kpis.yaml:2: not YAML"):
        parse_kpi_file("version: 1\nkpis: [", name="kpis.yaml")


def test_a_missing_file_is_told():
    with pytest.raises(UsageError, match=r"Cannot read missing.yaml: No such file or directory"):
        read_kpi_file(Path("missing.yaml"))
