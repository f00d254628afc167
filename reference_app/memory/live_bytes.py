"""Bytes in use: blocks given out by Python's allocator, and by the C heap; read without a collection.

Pages (USS) are no ruler for a leak: an allocator keeps what was needed for a moment, and leaves holes between
what stays. `sys._debugmallocstats` tells the bytes in blocks on file descriptor 2, which a server writes its
log to; the function behind it takes any stream of the C library.
"""

import ctypes
import os
import re
import sysconfig

import psutil

_ALLOCATED = re.compile(rb"# bytes in allocated blocks\s*=\s*([\d,]+)")


def live_bytes() -> int | None:
    """Add up what is given out now; None where the interpreter or the C library does not tell.

    Everything stands still for it: half a millisecond where Python's allocator has given out 200 MB.
    """
    if _LIBC is None or _WRITE_STATISTICS is None or not hasattr(psutil, "heap_info"):
        return None
    heap = psutil.heap_info()
    return _python_bytes(_LIBC, _WRITE_STATISTICS) + int(heap.heap_used) + int(heap.mmap_used)


def _python_bytes(libc: ctypes.CDLL, write_statistics: "ctypes._FuncPointer") -> int:
    """Read the bytes in blocks of Python's allocator; 0 with PYTHONMALLOC=malloc: all is on the C heap."""
    text, size = ctypes.c_void_p(), ctypes.c_size_t()
    stream = libc.open_memstream(ctypes.byref(text), ctypes.byref(size))
    write_statistics(stream)
    libc.fclose(stream)
    found = _ALLOCATED.search(ctypes.string_at(text, size.value))
    libc.free(text)
    return int(found[1].replace(b",", b"")) if found else 0


def _libc() -> ctypes.CDLL | None:
    if os.name == "nt":
        return None
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "open_memstream"):
        return None
    libc.open_memstream.restype = ctypes.c_void_p
    libc.open_memstream.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    libc.fclose.argtypes = [ctypes.c_void_p]
    libc.free.argtypes = [ctypes.c_void_p]
    return libc


def _statistics() -> "ctypes._FuncPointer | None":
    """Find what writes the allocator's statistics; a free-threaded Python has another allocator."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return None
    found = getattr(ctypes.pythonapi, "_PyObject_DebugMallocStats", None)
    if found is not None:
        found.argtypes = [ctypes.c_void_p]
    return found


_LIBC = _libc()
_WRITE_STATISTICS = _statistics()
