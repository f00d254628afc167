"""The backend's time is work: nothing in it sleeps, spins on a clock or throttles."""

import ast
from collections.abc import Iterator
from pathlib import Path

NO_REQUEST_WAITS = {
    ("externals/stub.py", "sleep"): "the time of other companies, whose servers it stands for",
    ("monitoring/kpibench_runtime.py", "call_later"): "the probe that users mount looks at the loop",
    ("web/doorway.py", "call_later"): "who queues is given up at a deadline, and let in as soon as can be",
}
"""What may name time, and why no answer comes later for it."""
SOURCE = Path(__file__).resolve().parents[2] / "reference_app"
WAITING = {"sleep", "pg_sleep", "call_later", "call_at", "Timer", "setitimer", "throttle", "busy_wait"}
SLOW_SIDE = ("legacy", "families", "domain")
"""What BEFORE alone consists of, and what it shares that is no database, network or middleware."""
TO_WAIT_WITH = {"wait", "wait_for", "timeout", "Event", "Condition", "Lock", "Semaphore", "Future", "Barrier"}
"""Honest where somebody is waited for, as a free connection is; on the slow side there is nobody."""


def test_no_line_of_the_backend_waits_for_time_to_pass() -> None:
    found = {
        (path.relative_to(SOURCE).as_posix(), name)
        for path in SOURCE.rglob("*.py")
        for _, name in _names(ast.parse(path.read_text(encoding="utf-8")))
        if name in WAITING
    }

    assert found == set(NO_REQUEST_WAITS)


def test_the_slow_side_has_nothing_to_wait_with() -> None:
    paths = [path for folder in SLOW_SIDE for path in sorted((SOURCE / folder).rglob("*.py"))]
    used = {name for path in paths for _, name in _names(ast.parse(path.read_text(encoding="utf-8")))}

    assert len(paths) > 60
    assert used & (WAITING | TO_WAIT_WITH) == set()


def test_no_statement_sleeps() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in SOURCE.rglob("*") if path.suffix in {".py", ".sql"}
    ]

    assert not any("pg_sleep" in source for source in sources)


def test_no_loop_spins_on_a_clock() -> None:
    clocks = {"perf_counter", "monotonic", "time", "process_time", "time_ns", "monotonic_ns"}
    spinning = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.While) and clocks & {name for _, name in _names(node.test)}
    ]

    assert spinning == []


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name and attribute that is used, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
