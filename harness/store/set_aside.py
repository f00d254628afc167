"""Move what a cut-short attempt at a round left out of the way of the next attempt; nothing is deleted."""

from collections.abc import Collection
from pathlib import Path

from harness.store.atomic import told_as_measurement_error
from harness.store.run_folder import RunFolder


def set_aside(folder: RunFolder, round_index: int, *, kept: Collection[tuple[str, int]]) -> None:
    """Move the files of the last attempt at a round into a folder of their own, laid out like the round.

    What stays is what goes on: the slices that count, and the readings of the machine. The folder bears its
    name when all is in it, so that this can be called again after it was killed.

    Args:
        folder: the run.
        round_index: the round.
        kept: variant and index of the slices that count already.

    Raises:
        MeasurementError: a file cannot be moved.
    """
    attempt = folder.last_attempt(round_index)
    if attempt == 0:
        return
    home = folder.round_dir(round_index)
    destination = folder.attempt_dir(round_index, attempt)
    unfinished = destination.with_name(f".{destination.name}.unfinished")
    stays = {(variant_id, f"{index:04}") for variant_id, index in kept}
    with told_as_measurement_error(destination):
        unfinished.mkdir(exist_ok=True)
        for path in [path for path in home.rglob("*") if path.is_file()]:
            inner = path.relative_to(home)
            if _is_of_this_attempt(inner) and not _stays(inner, stays):
                (unfinished / inner).parent.mkdir(parents=True, exist_ok=True)
                path.rename(unfinished / inner)
        unfinished.rename(destination)


def _is_of_this_attempt(inner: Path) -> bool:
    return not inner.parts[0].startswith((".attempt-", "attempt-"))


def _stays(inner: Path, stays: Collection[tuple[str, str]]) -> bool:
    if inner == Path("host.jsonl"):
        return True
    return inner.parent.name == "slices" and (inner.parts[0], inner.name.partition(".")[0]) in stays
