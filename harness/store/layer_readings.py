"""layers.jsonl: what a server told of its middleware layers, after the warm-up and at the end of a round."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.stats.layers import LayerReading, LayerTold
from harness.store.run_folder import RunFolder


def add_layer_reading(folder: RunFolder, path: Path, told: Mapping[str, Any]) -> None:
    """Add what a server told, as it told it: `layers`, and `reason` where there are none.

    Raises:
        MeasurementError: the file cannot be written.
    """
    folder.append_line(path, json.dumps({"at_ns": time.monotonic_ns(), **told}, ensure_ascii=False))


def read_layer_readings(folder: RunFolder, path: Path) -> list[LayerReading]:
    """Return the looks in time order; none if nobody looked."""
    return [
        LayerReading(layers=tuple(_told(layer) for layer in line["layers"]), reason=line["reason"])
        for line in folder.read_lines(path)
    ]


def _told(layer: Mapping[str, Any]) -> LayerTold:
    own = layer["self_ms"]
    return LayerTold(
        name=layer["name"],
        calls=layer["calls"],
        sum_ms=own.get("sum"),
        percentiles_ms={stat: own[stat] for stat in ("p50", "p95", "p99") if own.get(stat) is not None},
    )
