"""Write a file whole or not at all."""

import os
import tempfile
from pathlib import Path

from reports.errors import ReportError


def write_whole(path: Path, content: bytes) -> Path:
    """Write `content` to `path` and return the path; a reader never sees half of it.

    Raises:
        ReportError: the folder cannot be written.
    """
    try:
        _replace(path, content)
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def _replace(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # mkstemp is private to its user; a report is as readable as any file of that user.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
