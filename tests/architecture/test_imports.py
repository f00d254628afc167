"""The import contracts of pyproject.toml hold; and the documents do not lie about the tree."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_import_contracts_hold():
    command = shutil.which("lint-imports", path=Path(sys.executable).parent)
    done = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_top_level_is_what_the_architecture_says():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages == {"harness", "reference_app", "scenarios", "reports"}
