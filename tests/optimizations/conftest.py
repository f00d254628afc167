"""Data large enough for the planner to care, for both kinds of database, and a copy of it for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.component.reference_app.backends import cloned, make_template

SCALE = 0.1

Clone = Callable[[tuple[str, ...]], str]


@pytest.fixture(scope="session")
def large_templates(postgres_url: str) -> dict[tuple[str, ...], str]:
    """Template databases by the migrations that were applied to them."""
    make_template(postgres_url, "optimization_plain", "before", SCALE)
    make_template(postgres_url, "optimization_indexed", "after", SCALE)
    return {(): "optimization_plain", ("critical_performance_indexes.sql",): "optimization_indexed"}


@pytest.fixture
def clone(postgres_url: str, large_templates: dict[tuple[str, ...], str]) -> Iterator[Clone]:
    """Copy the database that a set of migrations needs; dropped after the test."""
    with ExitStack() as copies:
        names = (f"optimization_copy_{n}" for n in range(100))

        def make(migrations: tuple[str, ...]) -> str:
            return copies.enter_context(cloned(postgres_url, large_templates[migrations], next(names)))

        yield make
