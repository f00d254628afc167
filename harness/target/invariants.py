"""Does the data still keep its rules? A command of the experiment looks at it after the load."""

import subprocess
import sys
from collections.abc import Sequence

from harness.model.count import MOST_NAMES, Count
from harness.target.command import fill, last_lines
from harness.target.connection import mask_in

CHECK_TIMEOUT_S = 300.0


def check_invariants(command: Sequence[str], *, variant_id: str, database_url: str, seen: str = "") -> Count:
    """Run the command and count its findings: the lines that it prints.

    It exits with 0 where it finds nothing, and with another code and a line for each finding where it does.
    A check that cannot be made finds nothing and proves nothing: its count is not known.

    Args:
        command: `{python}`, `{variant}`, `{database_url}` and `{seen}` in it are replaced.
        variant_id: `{variant}`.
        database_url: `{database_url}`.
        seen: `{seen}`, path of a file in which the scenario noted what it was told was created.
    """
    values = {"python": sys.executable, "variant": variant_id, "database_url": database_url, "seen": seen}
    words = fill(command, values)
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=CHECK_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Count(count=None, reason=f"the check cannot be made: {mask_in(str(error), database_url)}")
    findings = [line for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
    if done.returncode == 0:
        return Count(count=0)
    if not findings or done.returncode < 0:
        told = mask_in(last_lines(done.stderr.decode(errors="replace"), count=3), database_url)
        return Count(count=None, reason=f"the check cannot be made, it exited with {done.returncode}: {told}")
    return Count(count=len(findings), names=tuple(findings[:MOST_NAMES]))
