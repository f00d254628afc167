"""What this process holds in memory, for kpibench. Copy this one file into the server to be looked at.

Answer `read_memory()` as JSON at GET /_kpibench/memory, in builds under test only, since it collects garbage
and answers anybody; and past your middleware, whose own growth would be counted:

    FastAPI, Starlette   app.add_route("/_kpibench/memory", lambda request: JSONResponse(read_memory()))
    Flask                app.add_url_rule("/_kpibench/memory", view_func=read_memory)
    Django               path("_kpibench/memory", lambda request: JsonResponse(read_memory()))
    aiohttp              app.router.add_get("/_kpibench/memory", handler)  # web.json_response(read_memory())

Run one worker process: two would answer in turns. Needs psutil; from psutil 7.2, on CPython with glibc, macOS
or Windows, it tells live bytes; elsewhere `live_bytes` is null. With KPIBENCH_TRACE_MEMORY=1 in the
environment each answer also names allocation sites and containers; it sees what is allocated after the
import of this file. That makes the server several times slower: kpibench asks for it only to explain a leak.
"""

import gc
import os
import re
import sys
import sysconfig
import tempfile
import threading
import tracemalloc
from collections import deque
from typing import Any

import psutil

TRACING = os.environ.get("KPIBENCH_TRACE_MEMORY") == "1"
FRAMES = 6
"""Lines of each allocation's history, among which that of the server's own code is looked for."""
SITES = 200
CONTAINERS = 40
LEAST_LENGTH = 100
"""Entries from which on a container is worth a name."""

_CONTAINER_TYPES = (list, dict, set, deque)
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platlib", "purelib")})
_ALLOCATED = re.compile(rb"# bytes in allocated blocks\s*=\s*([\d,]+)")
_LOCK = threading.Lock()
_PROCESS = psutil.Process()

if TRACING:
    tracemalloc.start(FRAMES)


def read_memory() -> dict[str, Any]:
    """Collect garbage, give unused heap back to the system, and tell what is left; takes about 25 ms."""
    with _LOCK:
        gc.collect()
        if hasattr(psutil, "heap_trim"):
            psutil.heap_trim()
        memory = _PROCESS.memory_full_info()
        return {
            "version": 1,
            "pid": os.getpid(),
            "live_bytes": _live_bytes(),
            "block_count": sys.getallocatedblocks(),
            "object_count": len(gc.get_objects()) + gc.get_freeze_count(),
            "uss_bytes": memory.uss,
            "rss_bytes": memory.rss,
            "fd_count": getattr(_PROCESS, "num_handles" if os.name == "nt" else "num_fds")(),
            "thread_count": _PROCESS.num_threads(),
            "tracing": {"sites": largest_sites(), "containers": longest_containers()} if TRACING else None,
        }


def _live_bytes() -> int | None:
    """Add up what Python's own allocator and the C heap have given out; None where either is unknown."""
    small = _python_bytes()
    if small is None or not hasattr(psutil, "heap_info"):
        return None
    heap = psutil.heap_info()
    return small + int(heap.heap_used) + int(heap.mmap_used)


def _python_bytes() -> int | None:
    """Read the bytes in blocks of Python's small-object allocator, whose arenas are no part of the C heap.

    `sys._debugmallocstats` writes to file descriptor 2 and nowhere else, so that is a file for a moment.
    """
    if not hasattr(sys, "_debugmallocstats") or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return None
    try:
        kept = os.dup(2)
    except OSError:  # a daemon that closed it
        return None
    with tempfile.TemporaryFile() as file:
        try:
            os.dup2(file.fileno(), 2)
            sys._debugmallocstats()  # noqa: SLF001  - the only way to those bytes
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        file.seek(0)
        found = _ALLOCATED.search(file.read())
    return (
        int(found[1].replace(b",", b"")) if found else 0
    )  # 0 with PYTHONMALLOC=malloc: all is on the C heap


def largest_sites() -> list[dict[str, Any]]:
    """Name the lines of the server's own code that hold most, with all that was allocated on their behalf."""
    totals: dict[str, list[int]] = {}
    for group in tracemalloc.take_snapshot().statistics("traceback"):
        total = totals.setdefault(_own_line(group.traceback), [0, 0])
        total[0] += group.size
        total[1] += group.count
    largest = sorted(totals.items(), key=lambda entry: -entry[1][0])[:SITES]
    return [{"place": place, "bytes": size, "blocks": count} for place, (size, count) in largest]


def _own_line(traceback: tracemalloc.Traceback) -> str:
    """Return the innermost line that is neither of the standard library nor of a package, if there is one."""
    for position in range(len(traceback) - 1, -1, -1):
        frame = traceback[position]
        if not frame.filename.startswith((*_LIBRARIES, "<")):
            return f"{frame.filename}:{frame.lineno}"
    return f"{traceback[-1].filename}:{traceback[-1].lineno}"


def longest_containers() -> list[dict[str, Any]]:
    """Name the longest containers by whatever holds them; what was frozen is looked at too, and stays so."""
    is_frozen = gc.get_freeze_count() > 0
    gc.unfreeze()
    try:
        return _named_containers()
    finally:
        if is_frozen:
            gc.freeze()


def _named_containers() -> list[dict[str, Any]]:
    holders: dict[int, tuple[Any, list[Any]]] = {}
    for thing in gc.get_objects():
        # The collector does not know dictionaries of plain values; only whoever holds them does.
        for one in gc.get_referents(thing):
            if isinstance(one, _CONTAINER_TYPES) and _length(one) >= LEAST_LENGTH:
                holders.setdefault(id(one), (one, []))[1].append(thing)
    longest = sorted(holders.values(), key=lambda found: -_length(found[0]))[:CONTAINERS]
    del holders
    named = [(_name(one, held_by), type(one).__name__, _length(one)) for one, held_by in longest]
    return [{"name": name, "type": kind, "length": length} for name, kind, length in named if name]


def _length(container: Any) -> int:
    kind: Any = next(kind for kind in _CONTAINER_TYPES if isinstance(container, kind))
    return int(kind.__len__(container))


def _name(container: Any, holders: list[Any]) -> str:
    """Say `module.NAME`, `module.Class.attribute` or `cache of module.function`; empty if nobody tells."""
    for holder in holders:
        if isinstance(holder, dict):
            key = next((key for key, value in holder.items() if value is container), None)
            owner = holder.get("__name__") or _owner_of(holder)
            if owner and isinstance(key, str):
                return f"{owner}.{key}"
        elif hasattr(holder, "cache_info"):
            return f"cache of {holder.__module__}.{holder.__qualname__}"
        elif name := _attribute(holder, container):
            return name
    return ""


def _owner_of(attributes: dict[Any, Any]) -> str:
    """Name the class of the object whose attributes these are."""
    for one in gc.get_referrers(attributes):
        if getattr(one, "__dict__", None) is attributes:
            return f"{type(one).__module__}.{type(one).__qualname__}"
    return ""


def _attribute(holder: Any, container: Any) -> str:
    kind = type(holder)
    slots = [name for base in kind.__mro__ for name in base.__dict__.get("__slots__", ())]
    for name in (*getattr(holder, "__dict__", ()), *slots):
        if getattr(holder, name, None) is container:
            return f"{kind.__module__}.{kind.__qualname__}.{name}"
    return ""
