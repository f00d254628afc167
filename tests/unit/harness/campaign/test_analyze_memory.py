"""The memory phase of a run folder: section, comparisons, checks and verdict by stored looks."""

import json
from dataclasses import asdict, replace

import pytest

from harness.campaign.analyze import analyze
from harness.campaign.analyze_memory import leak_tolerance
from harness.campaign.execute_memory import remaining_repeats
from harness.gates.kpi_file import parse_kpi_file
from harness.model.memory import LEAK_TOLERANCE, Checkpoint, MemoryPhase
from harness.model.plan import Plan, Scenario
from harness.model.variant import Variant
from harness.plan.experiment import PROJECT_ROOT
from harness.plan.plan_file import dump_plan
from harness.store.run_folder import RunFolder

PHASE = MemoryPhase(repeats=3, requests=2_000, checkpoint=100)
KPIS = (PROJECT_ROOT / "harness/gates/memory.yaml").read_text()


def look(requests, *, live, uss=None, fds=9, pid=7, failed=0):
    return Checkpoint(
        requests=requests,
        failed=failed,
        pid=pid,
        live_bytes=live,
        block_count=1_000,
        object_count=100,
        uss_bytes=uss if uss is not None else 40_000_000 + (live or 0),
        rss_bytes=60_000_000,
        fd_count=fds,
        thread_count=3,
    )


def line(bytes_a_request, repeat, *, spread=1, **more):
    """Looks at a build that keeps so many bytes a request, a little more in each repeat."""
    return [
        look(n, live=30_000_000 + round((bytes_a_request + spread * repeat) * n), **more)
        for n in range(0, 2_001, 100)
    ]


@pytest.fixture
def write(tmp_path):
    """Write a finished memory run of two variants; each is a function of the repeat's number."""

    def write(before, after, *, repeats=3, kpis=KPIS):
        folder = RunFolder.create(tmp_path / "run")
        plan = Plan(
            experiment="memory",
            title="Memory",
            seed=1,
            scale=1,
            scenario=Scenario(locustfile="load.py", users=4),
            variants=(Variant(id="before", title="Before"), Variant(id="after", title="After")),
            rounds=(),
            kpi_file="kpis.yaml",
            memory=PHASE,
        )
        folder.write_text(folder.plan_json, dump_plan(plan))
        folder.write_text(folder.kpis_yaml, kpis)
        for repeat in range(1, repeats + 1):
            for variant, looks in (("before", before(repeat)), ("after", after(repeat))):
                text = "".join(json.dumps(asdict(one)) + "\n" for one in looks)
                folder.write_text(folder.memory_jsonl(repeat, variant), text)
            has_probe = {
                name: "process" if looks[0].live_bytes is None else "probe"
                for name, looks in (("before", before(repeat)), ("after", after(repeat)))
            }
            folder.write_json(folder.repeat_json(repeat), {"repeat": repeat, "sources": has_probe})
        folder.write_status(
            {
                "state": "finished",
                "note": "All rounds are done.",
                "started_at": "2026-03-16T09:00:00Z",
                "ended_at": "2026-03-16T09:06:00Z",
            }
        )
        return folder

    return write


def test_a_build_that_keeps_nothing_passes_beside_one_that_leaks(write):
    results = analyze(write(lambda r: line(8_000, r), lambda r: line(0, r)))

    assert results["outcome"] == "passed"
    assert results["duration_s"] == 360
    assert results["memory"]["state"] == "no leak"
    before, after = results["memory"]["variants"]
    assert before["state"] == "leak"
    assert before["live_heap_slope"]["value"] == pytest.approx(8_002)
    assert after["live_heap_slope"]["sample_count"] == 3
    assert (before["source"], after["source"]) == ("probe", "probe")


def test_a_leak_of_after_alone_fails_with_its_rate(write):
    results = analyze(write(lambda r: line(0, r), lambda r: line(200, r)))

    assert results["outcome"] == "failed"
    assert results["memory"]["state"] == "leak"
    assert {kpi["id"]: kpi["outcome"] for kpi in results["kpis"]} == {
        "memory-stable": "failed",
        "memory-added": "failed",
        "descriptors-stable": "passed",
        "threads-stable": "passed",
    }
    assert results["memory"]["added"]["value"] == pytest.approx(200)


def test_a_leak_of_both_is_pre_existing_and_adds_nothing(write):
    results = analyze(write(lambda r: line(200, r), lambda r: line(200, r)))
    outcomes = {kpi["id"]: kpi["outcome"] for kpi in results["kpis"]}

    assert results["memory"]["state"] == "pre-existing leak"
    assert (outcomes["memory-added"], outcomes["memory-stable"]) == ("passed", "failed")


def test_a_descriptor_leak_fails_above_a_flat_heap(write):
    def leaking(repeat):
        return [replace(one, fd_count=9 + one.requests // 100) for one in line(0, repeat)]

    results = analyze(write(lambda r: line(0, r), leaking))

    assert results["outcome"] == "failed"
    assert any("file descriptors" in note for note in results["memory"]["variants"][1]["notes"])


def test_pages_that_grow_above_a_flat_heap_are_told_as_fragmentation_and_pass(write):
    def fragmenting(repeat):
        return [replace(one, uss_bytes=40_000_000 + 1_000 * one.requests) for one in line(0, repeat)]

    results = analyze(write(lambda r: line(0, r), fragmenting))

    assert results["outcome"] == "passed"
    assert any("fragmentation" in note for note in results["memory"]["variants"][1]["notes"])


def test_without_the_probe_the_live_heap_decides_nothing_and_the_ruler_says_how_coarse_it_is(write):
    def blind(repeat):
        return [replace(one, live_bytes=None) for one in line(0, repeat, spread=30)]

    results = analyze(write(blind, blind))

    assert results["outcome"] == "inconclusive"
    assert "coarse" in results["memory"]["ruler"]
    assert "mounts no memory probe" in results["kpis"][0]["reason"]


def test_many_failed_requests_make_it_invalid(write):
    def failing(repeat):
        return [replace(one, failed=one.requests // 10) for one in line(0, repeat)]

    results = analyze(write(lambda r: line(0, r), failing))

    assert results["outcome"] == "invalid"
    assert "memory of failures" in results["reason"]


def test_two_processes_that_answer_in_turns_make_it_invalid(write):
    def turns(repeat):
        return [replace(one, pid=one.requests % 200) for one in line(0, repeat)]

    results = analyze(write(lambda r: line(0, r), turns))

    assert results["outcome"] == "invalid"
    assert "one worker" in results["reason"]


def test_a_run_that_was_cut_short_is_invalid_and_knows_what_remains(write):
    folder = write(lambda r: line(0, r), lambda r: line(0, r), repeats=2)

    assert analyze(folder)["outcome"] == "invalid"
    assert remaining_repeats(PHASE, folder) == (3,)


def test_the_same_looks_give_the_same_bytes(write):
    folder = write(lambda r: line(7, r), lambda r: line(3, r))
    analyze(folder)
    first = folder.results_json.read_bytes()
    analyze(folder)

    assert folder.results_json.read_bytes() == first


def test_grown_lines_and_containers_of_a_trace_are_named_by_their_growth(write):
    folder = write(lambda r: line(0, r), lambda r: line(200, r))
    start = {
        "sites": [
            {"place": "a.py:1", "bytes": 90_000, "blocks": 10},
            {"place": "b.py:2", "bytes": 100, "blocks": 1},
        ],
        "containers": [{"name": "b.B.kept", "type": "list", "length": 100}],
    }
    end = {
        "sites": [
            {"place": "a.py:1", "bytes": 90_000, "blocks": 10},
            {"place": "b.py:2", "bytes": 60_100, "blocks": 301},
        ],
        "containers": [{"name": "b.B.kept", "type": "list", "length": 400}],
    }
    folder.write_json(
        folder.memory_trace_json("after"),
        {"warm_up_requests": 300, "requests": 300, "start": start, "end": end},
    )
    after = analyze(folder)["memory"]["variants"][1]

    assert after["sites"] == [{"place": "b.py:2", "bytes_per_request": 200, "blocks_per_request": 1}]
    assert after["containers"] == [{"name": "b.B.kept", "type": "list", "entries_per_request": 1}]


def test_the_tolerance_is_that_of_the_kpi_file():
    kpis = parse_kpi_file(KPIS.replace("<= 20 B/request", "<= 1 KiB/request"), name="kpis.yaml").kpis

    assert leak_tolerance(kpis) == 1024
    assert leak_tolerance(()) == LEAK_TOLERANCE
