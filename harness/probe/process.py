"""Memory and CPU of a process and all its descendants."""

import time
from pathlib import Path

import psutil

from harness.probe.sampler import Sampler


class ProcessProbe(Sampler):
    """Write a line about a process tree each half second while the `with` block lasts, and one at its end.

    When the tree has died, no more lines come.
    """

    def __init__(self, pid: int, path: Path, interval_s: float = 0.5) -> None:
        super().__init__(lambda: describe_tree(pid), path, interval_s)


def cpu_seconds(pid: int) -> float:
    """Give the CPU time, user and system, that a process and its descendants have used so far.

    Descendants that have ended count through the parent that waited for them. 0 if the process is gone.
    """
    total_s = 0.0
    for process in _tree(pid):
        try:
            total_s += _cpu_seconds_of(process)
        except psutil.Error:  # it died since
            continue
    return total_s


def describe_tree(pid: int) -> dict[str, float] | None:
    """Measure a process tree once, all values summed over its processes; None if it is gone.

    Keys as `process.jsonl` has them. USS is memory that belongs to one process alone: what processes of the
    tree share is in none of it.
    """
    parts = []
    for process in _tree(pid):
        try:
            parts.append(_describe_one(process))
        except psutil.Error:  # it died since
            continue
    if not parts:
        return None
    return {"at_ns": time.monotonic_ns(), **{key: sum(part[key] for part in parts) for key in parts[0]}}


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def _describe_one(process: psutil.Process) -> dict[str, float]:
    memory = process.memory_full_info()
    if process.status() == psutil.STATUS_ZOMBIE:
        raise psutil.ZombieProcess(process.pid)
    return {
        "uss_bytes": memory.uss,
        "rss_bytes": memory.rss,
        "cpu_s": _cpu_seconds_of(process),
        "thread_count": process.num_threads(),
        "fd_count": process.num_fds(),
        "process_count": 1,
    }


def _cpu_seconds_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system
