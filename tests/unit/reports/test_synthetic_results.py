"""The synthetic run is one that the harness could write, so what is tested on it holds for real runs."""

import json
from pathlib import Path

import jsonschema
import pytest

import harness.store


@pytest.mark.parametrize("outcome", ["passed", "failed", "inconclusive", "invalid"])
def test_the_synthetic_run_obeys_the_harness_schema(build_document, outcome):
    schema = Path(harness.store.__file__).with_name("results.schema.json").read_text(encoding="utf-8")

    jsonschema.validate(build_document(outcome=outcome, server_timing=False), json.loads(schema))
