"""Which files a scenario is made of."""

import pytest

from harness.plan.local_modules import local_modules


@pytest.fixture
def folder(tmp_path):
    files = {
        "load.py": "import json\nimport beside\nfrom parts import one\nfrom parts.two import thing\n",
        "beside.py": "import load\n",
        "unused.py": "",
        "parts/__init__.py": "",
        "parts/one.py": "from . import three\n",
        "parts/two.py": "from .three import other\nthing = 1\n",
        "parts/three.py": "this is no Python\n",
        "parts/unused.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_is_imported_from_beside_belongs_to_a_file_and_nothing_else(folder):
    found = [str(path.relative_to(folder)) for path in local_modules(folder / "load.py", [folder])]

    assert found == [
        "beside.py", "load.py", "parts/__init__.py", "parts/one.py", "parts/three.py", "parts/two.py",
    ]  # fmt: skip


def test_a_file_that_is_no_python_is_itself_alone(folder):
    assert local_modules(folder / "parts/three.py", [folder]) == (folder / "parts/three.py",)
