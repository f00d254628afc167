"""Where the cache is, and what it needs."""

import os
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.target.cache_folder import cache_folder, hold_lock, make_folder, require_free_disk


def test_the_environment_chooses_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("KPIBENCH_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path

    monkeypatch.setenv("KPIBENCH_CACHE_DIR", "here")
    assert cache_folder() == Path.cwd() / "here"


@pytest.mark.parametrize(("uid", "is_home"), [(0, False), (1000, True)])
def test_root_keeps_the_cache_out_of_its_home(monkeypatch: pytest.MonkeyPatch, uid: int, is_home: bool):
    monkeypatch.delenv("KPIBENCH_CACHE_DIR", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: uid)

    assert cache_folder().is_relative_to(Path.home()) == is_home


def test_new_folders_can_be_entered_and_old_ones_keep_their_mode(tmp_path: Path):
    tmp_path.chmod(0o700)
    make_folder(tmp_path / "a/b")

    modes = [path.stat().st_mode & 0o777 for path in (tmp_path, tmp_path / "a", tmp_path / "a/b")]
    assert modes == [0o700, 0o755, 0o755]


def test_a_full_disk_is_refused_with_both_sizes(tmp_path: Path):
    require_free_disk(tmp_path / "not/there/yet", 1)

    with pytest.raises(UsageError, match=r"has [\d,]+ MiB free; 1,099,511,627,776 MiB are needed"):
        require_free_disk(tmp_path, 1 << 60)


def test_a_cache_folder_that_is_a_file_is_a_usage_error(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="cannot be made"), hold_lock(tmp_path / "file"):
        pass


def test_the_lock_names_its_holder(tmp_path: Path):
    with (
        hold_lock(tmp_path),
        pytest.raises(UsageError, match=rf"process {os.getpid()}\)"),
        hold_lock(tmp_path),
    ):
        pass
