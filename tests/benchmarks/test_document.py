"""A benchmark that is run again replaces its own section and no other; every name has a module."""

from dataclasses import replace
from importlib.util import find_spec

from tests.benchmarks.__main__ import NAMES, run
from tests.benchmarks.document import Section, read_sections, write_sections
from tests.benchmarks.table import Table

TABLE = Table(title="Speed", claim="at least 3", columns=("turn", "speed"), rows=(("1", "4"),), holds=True)


def section(name, table=TABLE):
    return Section(name=name, measured="2026-11-23, a machine", table=table).text


def test_a_section_is_replaced_and_the_others_stay(tmp_path):
    path = tmp_path / "benchmarks.md"
    write_sections(path, {"one": section("one"), "two": section("two")}, order=("one", "two"))
    again = section("two", replace(TABLE, holds=False))
    write_sections(path, {**read_sections(path), "two": again}, order=("one", "two"))

    assert read_sections(path) == {"one": section("one"), "two": again}
    assert path.read_text().index("**holds**") < path.read_text().index("**DOES NOT HOLD**")


def test_sections_keep_their_order_however_they_come(tmp_path):
    path = tmp_path / "benchmarks.md"
    write_sections(path, {"two": section("two"), "one": section("one")}, order=("one", "two"))

    assert list(read_sections(path)) == ["one", "two"]


def test_every_benchmark_has_a_module():
    assert [name for name in NAMES if find_spec(f"tests.benchmarks.{name}") is None] == []


def test_an_unknown_name_is_told(capsys):
    assert run(["speed_of_light"], scale=1) == 2
    assert "There is no benchmark speed_of_light; there are: " in capsys.readouterr().err
