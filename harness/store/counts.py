"""counts.json: what server and database told of themselves in a round."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from harness.model.count import Count
from harness.store.run_folder import RunFolder


def add_counts(folder: RunFolder, path: Path, counts: Mapping[str, Count]) -> None:
    """Add counts, by metric, to those that the file holds already.

    Raises:
        MeasurementError: the file is damaged, or it cannot be written.
    """
    known = folder.read_json(path) if path.is_file() else {}
    folder.write_json(path, {**known, **{metric: asdict(count) for metric, count in counts.items()}})


def read_counts(folder: RunFolder, path: Path) -> dict[str, float | None]:
    """Return the counts by metric; none at all where there is no file, None where one could not be taken.

    Raises:
        MeasurementError: the file is damaged.
    """
    if not path.is_file():
        return {}
    return {metric: entry["count"] for metric, entry in folder.read_json(path).items()}
