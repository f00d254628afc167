"""Data of a small scale for both kinds of database, and a copy of it for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.component.reference_app.backends import cloned, make_template

SCALE = 0.01

Clone = Callable[[tuple[str, ...]], str]


@pytest.fixture(scope="session")
def templates(postgres_url: str) -> dict[tuple[str, ...], str]:
    """Template databases by the migrations that were applied to them."""
    make_template(postgres_url, "reference_plain", "before", SCALE)
    make_template(postgres_url, "reference_indexed", "after", SCALE)
    return {(): "reference_plain", ("critical_performance_indexes.sql",): "reference_indexed"}


@pytest.fixture
def clone(postgres_url: str, templates: dict[tuple[str, ...], str]) -> Iterator[Clone]:
    """Copy the database that a set of migrations needs; dropped after the test."""
    with ExitStack() as copies:
        names = (f"reference_copy_{n}" for n in range(100))

        def make(migrations: tuple[str, ...]) -> str:
            return copies.enter_context(cloned(postgres_url, templates[migrations], next(names)))

        yield make
