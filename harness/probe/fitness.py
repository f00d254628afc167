"""What of a machine disturbs measurements: its timer, what others take, its clock rate, swap and disk."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.probe.host import cpu_shares

_SLEEPS = 200
_SLEEP_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineReadings:
    """One look at the machine while nothing of ours runs."""

    timer_resolution_ns: int
    """Smallest step of the monotonic clock that was seen."""
    sleep_overshoot_p99_ms: float
    """How much longer than asked a sleep of 1 ms takes."""
    steal_share: float
    busy_share: float
    """Of all cores, by everybody, while we only watch."""
    swap_used_bytes: int
    swap_moved_bytes: int
    """To and from swap while we watched."""
    governor: str
    """Empty: the system does not tell."""
    frequency_change: float | None
    """Of the core that changed most, (highest - lowest) / highest; None: the system does not tell."""
    free_disk_bytes: int
    watched_s: float


def watch_machine(folder: Path, *, seconds: float = 3.0) -> MachineReadings:
    """Watch for so many seconds.

    Args:
        folder: on the disk that runs are written to; it need not exist yet.
        seconds: at least 0.5.
    """
    cpu_before, swap_before = psutil.cpu_times(), psutil.swap_memory()
    started_s = time.monotonic()
    rates: list[dict[int, float]] = []
    while time.monotonic() - started_s < seconds:
        rates.append(_clock_rates())
        time.sleep(0.1)
    busy, steal = cpu_shares(cpu_before, psutil.cpu_times())
    swap = psutil.swap_memory()
    return MachineReadings(
        timer_resolution_ns=_timer_resolution_ns(),
        sleep_overshoot_p99_ms=_sleep_overshoot_p99_ms(),
        steal_share=steal,
        busy_share=busy,
        swap_used_bytes=swap.used,
        swap_moved_bytes=swap.sin - swap_before.sin + swap.sout - swap_before.sout,
        governor=_governor(),
        frequency_change=_largest_change(rates),
        free_disk_bytes=shutil.disk_usage(_existing(folder)).free,
        watched_s=time.monotonic() - started_s,
    )


def _existing(folder: Path) -> Path:
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())


def _timer_resolution_ns() -> int:
    steps = []
    for _ in range(1000):
        first = second = time.monotonic_ns()
        while second == first:
            second = time.monotonic_ns()
        steps.append(second - first)
    return min(steps)


def _sleep_overshoot_p99_ms() -> float:
    overshoots = []
    for _ in range(_SLEEPS):
        started_ns = time.monotonic_ns()
        time.sleep(_SLEEP_S)
        overshoots.append((time.monotonic_ns() - started_ns) / 1e6 - 1e3 * _SLEEP_S)
    return sorted(overshoots)[int(0.99 * _SLEEPS)]


def _clock_rates() -> dict[int, float]:
    """Return each core's clock rate, MHz; nothing where the system does not tell, as most virtual ones."""
    found = {}
    for core in range(os.cpu_count() or 1):
        try:
            text = Path(f"/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq").read_text("ascii")
            found[core] = float(text) / 1e3
        except (OSError, ValueError):
            continue
    return found


def _largest_change(rates: list[dict[int, float]]) -> float | None:
    cores = {core for look in rates for core in look}
    seen = [[look[core] for look in rates if core in look] for core in cores]
    return max(((max(one) - min(one)) / max(one) for one in seen), default=None)


def _governor() -> str:
    try:
        return Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text("ascii").strip()
    except OSError:
        return ""
