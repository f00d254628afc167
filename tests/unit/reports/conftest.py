"""The synthetic run, as a document and as values."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.results import Results, parse_results

_BUILDER = runpy.run_path(str(Path(__file__).with_name("synthetic_results.py")))

DocumentBuilder = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def build_document() -> DocumentBuilder:
    """Give the builder of results.json documents."""
    return _BUILDER["synthetic_results"]


@pytest.fixture(scope="session")
def build_estimate() -> DocumentBuilder:
    """Give the builder of one E of docs/formats.md."""
    return _BUILDER["estimate"]


@pytest.fixture(scope="session")
def results(build_document: DocumentBuilder) -> Results:
    """Give a run that passed, with ten endpoints."""
    return parse_results(build_document())
