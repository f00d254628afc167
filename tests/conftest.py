"""Fixtures that many tests share: a real PostgreSQL 18, started once."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.target.postgres import Postgres, open_postgres


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A throw-away folder that every user can enter; pytest's own are private to the user of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="kpibench-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(open_folder: Path) -> Iterator[Postgres]:
    """A running embedded PostgreSQL 18 in a throw-away cache folder."""
    with open_postgres(database_url=None, cache_dir=open_folder / "shared-cache", say=print) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """Admin DSN (superuser) of the running embedded PostgreSQL 18."""
    return postgres.admin_url
