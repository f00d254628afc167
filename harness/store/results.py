"""results.json: the single source of every number that is shown."""

import math
from typing import Any

from jsonschema import Draft202012Validator

from harness.documents import load_schema
from harness.store.run_folder import RunFolder

SCHEMA_VERSION = 1

SIGNIFICANT_DIGITS = 6
"""No estimate is known better, and rounding hides the order in which floats were added up."""


def write_results(folder: RunFolder, results: dict[str, Any]) -> dict[str, Any]:
    """Round, check and write the results; equal results give equal bytes.

    `environment` is kept as it was seen, everything else is rounded to SIGNIFICANT_DIGITS,
    and infinity is null.

    Returns:
        The results as written.

    Raises:
        jsonschema.ValidationError: they do not meet results.schema.json, which is a bug.
        MeasurementError: the disk is full, or the file cannot be written.
    """
    rounded = {key: value if key == "environment" else _rounded(value) for key, value in results.items()}
    Draft202012Validator(results_schema()).validate(rounded)
    folder.write_json(folder.results_json, rounded)
    return rounded


def read_results(folder: RunFolder) -> dict[str, Any]:
    """Return what `write_results` wrote.

    Raises:
        MeasurementError: there are no results yet, or the file is damaged.
    """
    results: dict[str, Any] = folder.read_json(folder.results_json)
    return results


def results_schema() -> dict[str, Any]:
    """Return the JSON Schema of results.json."""
    return load_schema("harness.store", "results.schema.json")


def _rounded(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return None  # an end of an interval that is none: it never came back
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # -0.0 + 0.0 is 0.0
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return value
