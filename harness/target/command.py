"""The commands that a variant offers: their placeholders filled in, their output kept."""

import re
import subprocess
from collections.abc import Mapping, Sequence

from harness.errors import UsageError


def fill(command: Sequence[str], values: Mapping[str, object]) -> list[str]:
    """Replace `{name}` by its value wherever a word of the command holds it; other braces stay."""
    known = re.compile("|".join(re.escape(f"{{{name}}}") for name in values))
    return [known.sub(lambda found: str(values[found[0][1:-1]]), word) for word in command]


def last_lines(text: str, *, count: int = 12) -> str:
    """Give the end of a program's output, for an error message."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-count:]) if lines else "(it wrote nothing)"


def cannot_start(command: Sequence[str], error: OSError | subprocess.SubprocessError) -> UsageError:
    """Say that a command of the experiment cannot be started at all."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UsageError(
        f"The command {command[0]!r} cannot be started: {reason}.",
        hint="Check the variant's commands in the experiment file.",
    )
