"""Templates are built once and whole; clones are fresh and independent."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import MeasurementError, UsageError
from harness.model.variant import DatabaseRecipe, Variant
from harness.target.connection import execute, fetch
from harness.target.database import clone, drop, prepare_template, remove_leftovers
from harness.target.postgres import Postgres, open_postgres

LOADER = """
import asyncio, sys, asyncpg

async def load(url, rows, fault):
    print("loading", rows, "rows", file=sys.stderr, flush=True)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE loaded AS SELECT generate_series(1, $1) AS id".replace("$1", rows))
    await connection.close()
    print("done", flush=True)
    if fault:
        print("cannot go on with", url, file=sys.stderr, flush=True)
        sys.exit(7)

asyncio.run(load(*sys.argv[1:]))
"""
_numbers = itertools.count()


def quiet(_line: str) -> None:
    pass


@pytest.fixture
def loader(tmp_path: Path) -> Path:
    path = tmp_path / "loader.py"
    path.write_text(LOADER)
    return path


@pytest.fixture
def data_id() -> str:
    """A fingerprint that no other test has."""
    return f"data set {next(_numbers)}"


def variant(loader: Path, data_id: str, *, fault: str = "") -> Variant:
    recipe = DatabaseRecipe(
        fingerprint=("{python}", "-c", f"print('{data_id} {{scale}} {{seed}}')"),
        load=("{python}", str(loader), "{database_url}", "{scale}", fault),
    )
    return Variant(id="before", title="Before", database=recipe)


def prepare(
    postgres: Postgres, asked: Variant, tmp_path: Path, *, scale: float = 3, seed: int = 1
) -> tuple[str, list[str]]:
    said: list[str] = []
    template = prepare_template(
        postgres, asked, scale=scale, seed=seed, say=said.append, log_path=tmp_path / "load.log"
    )
    return template, said


def databases(postgres: Postgres) -> set[str]:
    return {row["datname"] for row in fetch(postgres.admin_url, "SELECT datname FROM pg_database")}


@pytest.fixture
def clone_name(postgres: Postgres) -> Iterator[str]:
    name = "kpibench_run_test"
    yield name
    drop(postgres, name)


def test_template_is_built_once_and_then_used_again(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path
):
    first, said_first = prepare(postgres, variant(loader, data_id), tmp_path)
    second, said_second = prepare(postgres, variant(loader, data_id), tmp_path)

    assert first == second
    assert said_first == ["Building the database of 'before' at scale 3 (once).", "loading 3 rows"]
    assert said_second == []
    assert set((tmp_path / "load.log").read_text().splitlines()) == {"loading 3 rows", "done"}


def test_another_fingerprint_has_another_template(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path
):
    asked = variant(loader, data_id)
    names = {
        prepare(postgres, asked, tmp_path, scale=scale, seed=seed)[0]
        for scale, seed in [(1, 1), (2, 1), (1, 2)]
    }

    assert len(names) == 3


def test_clones_have_the_data_and_do_not_see_each_other(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path, clone_name: str
):
    template, _ = prepare(postgres, variant(loader, data_id), tmp_path)
    other_name = f"{clone_name}.after-1"
    url, other_url = clone(postgres, template, clone_name), clone(postgres, template, other_name)

    execute(url, "DELETE FROM loaded")

    assert fetch(url, "SELECT count(*) FROM loaded") == [{"count": 0}]
    assert fetch(other_url, "SELECT count(*) FROM loaded") == [{"count": 3}]
    assert fetch(clone(postgres, template, clone_name), "SELECT count(*) FROM loaded") == [{"count": 3}]
    drop(postgres, other_name)
    assert other_name not in databases(postgres)


def test_data_is_vacuumed_and_analyzed_for_autovacuum_is_off(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path, clone_name: str
):
    template, _ = prepare(postgres, variant(loader, data_id), tmp_path)
    url = clone(postgres, template, clone_name)

    rows = fetch(
        url, "SELECT reltuples, relallvisible = relpages AS is_visible FROM pg_class WHERE relname = 'loaded'"
    )
    assert rows == [{"reltuples": 3.0, "is_visible": True}]


def test_a_failing_load_leaves_no_template_and_shows_its_last_lines_without_the_password(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path
):
    before = databases(postgres)
    with pytest.raises(MeasurementError) as caught:
        prepare(postgres, variant(loader, data_id, fault="yes"), tmp_path)

    password = postgres.admin_url.rpartition("@")[0].rpartition(":")[2]
    assert "exited with 7" in caught.value.message
    assert "cannot go on with postgresql://postgres:***@" in caught.value.message
    assert password not in str(caught.value)
    assert password not in (tmp_path / "load.log").read_text()
    left = databases(postgres) - before
    assert all(name.startswith("kpibench_building_") for name in left)

    template, _ = prepare(postgres, variant(loader, data_id), tmp_path)
    assert databases(postgres) - before == {template}


def test_a_half_built_database_is_never_used(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path, clone_name: str
):
    template, _ = prepare(postgres, variant(loader, data_id), tmp_path)
    execute(
        postgres.admin_url,
        f"ALTER DATABASE {template} IS_TEMPLATE false ALLOW_CONNECTIONS true",  # as if it was never finished
    )
    execute(postgres.url(template), "DELETE FROM loaded")

    again, said = prepare(postgres, variant(loader, data_id), tmp_path)

    assert (again, len(said)) == (template, 2)
    assert fetch(clone(postgres, template, clone_name), "SELECT count(*) FROM loaded") == [{"count": 3}]


def test_clones_of_dead_runs_are_dropped_and_nothing_else(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path
):
    template, _ = prepare(postgres, variant(loader, data_id), tmp_path)
    clone(postgres, template, "kpibench_run_dead")
    execute(postgres.admin_url, "CREATE DATABASE kpibench_building_dead", "CREATE DATABASE kpibenchXrun_mine")
    before = databases(postgres)

    said: list[str] = []
    remove_leftovers(postgres, say=said.append)

    assert before - databases(postgres) == {"kpibench_run_dead", "kpibench_building_dead"}
    assert said == ["Dropping 2 databases that an earlier run left behind."]
    execute(postgres.admin_url, "DROP DATABASE kpibenchXrun_mine")


def test_a_clone_that_the_next_run_would_not_find_is_refused(postgres: Postgres):
    with pytest.raises(ValueError, match="begins with 'kpibench_run_'"):
        clone(postgres, "template1", "mine")


@pytest.mark.parametrize("script", ["print('a'); print('b')", "pass", "raise SystemExit(3)"])
def test_a_fingerprint_command_must_print_one_line(postgres: Postgres, tmp_path: Path, script: str):
    recipe = DatabaseRecipe(fingerprint=("{python}", "-c", script), load=("true",))

    with pytest.raises(MeasurementError, match="must print one line"):
        prepare(postgres, Variant(id="before", title="Before", database=recipe), tmp_path)


def test_a_recipe_whose_program_is_missing_is_a_usage_error(postgres: Postgres, tmp_path: Path):
    recipe = DatabaseRecipe(fingerprint=("no-such-program",), load=("true",))

    with pytest.raises(UsageError, match="'no-such-program' cannot be started"):
        prepare(postgres, Variant(id="before", title="Before", database=recipe), tmp_path)


def test_templates_and_clones_work_on_postgresql_15(
    postgres_15_url: str, loader: Path, data_id: str, tmp_path: Path
):
    with open_postgres(database_url=postgres_15_url, say=quiet) as postgres:
        template, _ = prepare(postgres, variant(loader, data_id), tmp_path)
        url = clone(postgres, template, "kpibench_run_15")
        assert fetch(url, "SELECT count(*) FROM loaded") == [{"count": 3}]
        drop(postgres, "kpibench_run_15")


def test_a_role_that_may_only_create_databases_can_do_it_all(
    postgres: Postgres, loader: Path, data_id: str, tmp_path: Path
):
    execute(postgres.admin_url, "CREATE ROLE builder LOGIN CREATEDB PASSWORD 'builder'")
    place = postgres.admin_url.rpartition("@")[2]
    with open_postgres(database_url=f"postgresql://builder:builder@{place}", say=quiet) as server:
        template, _ = prepare(server, variant(loader, data_id), tmp_path)
        url = clone(server, template, "kpibench_run_builder")
        assert fetch(url, "SELECT count(*) FROM loaded") == [{"count": 3}]
        drop(server, "kpibench_run_builder")
        execute(server.admin_url, f"ALTER DATABASE {template} IS_TEMPLATE false", f"DROP DATABASE {template}")
    execute(postgres.admin_url, "DROP ROLE builder")


def test_python_of_the_commands_is_ours(postgres: Postgres, loader: Path, data_id: str, tmp_path: Path):
    script = f"import sys; assert sys.executable == {sys.executable!r}; print({data_id!r})"
    recipe = DatabaseRecipe(fingerprint=("{python}", "-c", script), load=variant(loader, "").database.load)  # type: ignore[union-attr]  # it has one

    template, _ = prepare(postgres, Variant(id="before", title="Before", database=recipe), tmp_path)
    assert template in databases(postgres)
