"""Whole outputs kept as files; `KPIBENCH_GOLDEN=rewrite` writes them anew."""

import os
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.results import Results, parse_results

_HERE = Path(__file__).parent
_BUILDER = runpy.run_path(str(_HERE.parent / "unit" / "reports" / "synthetic_results.py"))


@pytest.fixture(scope="session")
def build_results() -> Callable[..., Results]:
    """Give the builder of synthetic runs."""
    return lambda **options: parse_results(_BUILDER["synthetic_results"](**options))


@pytest.fixture
def assert_golden() -> Callable[[str, str], None]:
    """Give the comparison of a text with the file of a name in this folder."""
    return _assert_golden


def _assert_golden(name: str, text: str) -> None:
    path = _HERE / name
    if os.environ.get("KPIBENCH_GOLDEN") == "rewrite":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{name} differs; KPIBENCH_GOLDEN=rewrite writes it anew"
