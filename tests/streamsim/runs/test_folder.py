"""Run folders: never overwritten, one process at a time."""

import errno
import os

import pytest

from streamsim.contracts.errors import RunFolderError
from streamsim.runs.folder import RunFolder, explained, require_run


def test_folders_are_numbered_without_gaps_being_reused(tmp_path):
    folders = [RunFolder.number(tmp_path / "runs" / "a-seed1") for _ in range(2)]
    assert [f.path.name for f in folders] == ["a-seed1-1", "a-seed1-2"]
    for folder in folders:
        folder.close()


def test_a_folder_with_anything_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(RunFolderError, match="is not empty and is never overwritten: choose another --out"):
        RunFolder.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_run_is_refused_with_the_way_to_continue_it(tmp_path):
    first = RunFolder.create(tmp_path / "a")
    first.describe("streams: 1\n", {"seed": 1})
    first.close()
    with pytest.raises(RunFolderError, match=r"continue it with `streamsim resume .*a`"):
        RunFolder.create(tmp_path / "a")


def test_an_empty_folder_is_taken(tmp_path):
    RunFolder.create(tmp_path).close()
    RunFolder.create(tmp_path).close()  # a start that died before it wrote anything


def test_one_process_at_a_time(tmp_path):
    first = RunFolder.create(tmp_path / "a")
    first.describe("", {})
    with pytest.raises(RunFolderError, match="another process is at work"):
        RunFolder.open(tmp_path / "a")
    first.close()
    RunFolder.open(tmp_path / "a").close()


def test_a_file_and_a_missing_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="is a file, not a folder"):
        RunFolder.create(tmp_path / "file")
    with pytest.raises(RunFolderError, match="cannot write to"):
        RunFolder.create(tmp_path / "file" / "deeper")
    with pytest.raises(RunFolderError, match="does not exist"):
        require_run(tmp_path / "nothing")
    with pytest.raises(RunFolderError, match="holds no run"):
        require_run(tmp_path)


def test_a_start_that_died_before_its_configuration_was_written_is_no_obstacle(tmp_path):
    RunFolder.create(tmp_path).close()
    for name in ("provenance.json", ".config.yaml.draft"):
        (tmp_path / name).write_text("{")
    folder = RunFolder.create(tmp_path)
    folder.describe("streams: 1\n", {"seed": 1})
    folder.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.yaml", "lock", "provenance.json"]


@pytest.mark.parametrize(
    "names", [["provenance.json"], ["lock", "provenance.json", "mine.txt"], ["lock", "checkpoints"]]
)
def test_anything_else_is_an_obstacle(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("precious")
    with pytest.raises(RunFolderError, match="is never overwritten"):
        RunFolder.create(tmp_path)
    assert {p.read_text() for p in tmp_path.iterdir()} == {"precious"}


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EIO])
def test_whatever_the_system_refuses_is_explained(tmp_path, number):
    why = f"cannot write to {tmp_path}: {os.strerror(number)}; .*: put that right, then continue with"
    with pytest.raises(RunFolderError, match=why), explained(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "metrics.jsonl"))
    with pytest.raises(RunFolderError, match=r"cannot use /elsewhere/1\.png: "), explained(tmp_path):
        raise OSError(number, os.strerror(number), "/elsewhere/1.png")


def test_the_remedy_may_be_another(tmp_path):
    with pytest.raises(RunFolderError, match=r"make room, then repeat it$"), explained(tmp_path, "repeat it"):
        raise OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_explained_and_bugs_are_not(tmp_path, number):
    with pytest.raises(RunFolderError, match="make room, then continue with `streamsim resume"), explained(tmp_path):
        raise OSError(number, "full")
    with pytest.raises(OSError, match="bug"), explained(tmp_path):
        raise OSError("bug")
