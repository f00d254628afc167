"""Write files so that a reader sees the old content or the new one, never a half."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import MeasurementError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in one step: a temporary file beside it, flushed to the disk, then renamed.

    Raises:
        MeasurementError: the disk is full, or the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with told_as_measurement_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def append_line(path: Path, line: str) -> None:
    """Add one line to the end of `path`, which is made if need be.

    Raises:
        MeasurementError: the disk is full, or the file cannot be written.
    """
    with told_as_measurement_error(path), path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


@contextmanager
def told_as_measurement_error(path: Path) -> Iterator[None]:
    """Turn an OSError on `path` into the sentence that a person needs."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise MeasurementError(
                f"The disk is full: {path} could not be written.", hint="Free some space, then run again."
            ) from error
        raise MeasurementError(
            f"{path} could not be written: {error.strerror}.", hint="Check the folder and its permissions."
        ) from error
