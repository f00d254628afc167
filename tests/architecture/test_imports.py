"""The import contracts of pyproject.toml hold; and the documents do not lie about the tree."""

from pathlib import Path

from importlinter.cli import lint_imports


def test_the_import_contracts_hold():
    assert lint_imports() == 0


def test_the_top_level_is_what_the_architecture_says():
    root = Path(__file__).resolve().parents[2]
    packages = {path.parent.name for path in root.glob("*/__init__.py")}

    assert packages == {"harness", "reference_app", "scenarios", "reports"}
