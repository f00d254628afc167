"""Do master and worker run the same scenario, and do they mean the same machine by an address?"""

import hashlib
import os
import socket
import sys
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NETWORK = Path("/proc/self/ns/net")


def scenario_fingerprint(locustfile: Path) -> str:
    """Return a hash of the scenario and of everything that it has imported from its own folder."""
    home = locustfile.resolve().parent
    digest = hashlib.sha256()
    for path in sorted({locustfile.resolve(), *_imported_from(home)}):
        digest.update(str(path.relative_to(home)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def network_identity() -> str:
    """Return what differs between hosts, and between network namespaces of one."""
    if _BOOT_ID.exists() and _NETWORK.exists():
        return f"{_BOOT_ID.read_text().strip()} {_NETWORK.readlink()}"
    return socket.gethostname()


def _imported_from(home: Path) -> set[Path]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = {Path(os.path.realpath(file)) for file in files if file}
    return {
        path
        for path in paths
        if path.suffix == ".py" and path.is_relative_to(home) and "site-packages" not in path.parts
    }
