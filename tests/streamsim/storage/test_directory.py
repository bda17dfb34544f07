"""What is opened in a folder lies in it: no link is followed, nothing waits, and each file is whole or absent."""

import errno
import os
import socket

import pytest

from streamsim.contracts import RunFolderError
from streamsim.storage import Directory, directory, replace_file

LINK = "is a link, and none is followed inside the folder of a run"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_replace_is_atomic(tmp_path, monkeypatch, step):
    file = tmp_path / "config.yaml"
    replace_file(file, "one")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(directory.os, step, full)
        with pytest.raises(OSError, match="full"):
            replace_file(file, "two")
    assert file.read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_whole_files_and_folders_are_read_and_written(tmp_path):
    folder = Directory(tmp_path).inside("media").make().make()
    folder.replace("a", b"one")
    folder.replace("a", b"two")
    assert (folder.read("a"), folder.read("none"), folder.names()) == (b"two", None, ["a"])
    assert Directory(tmp_path).folders() == ["media"] and folder.folders() == []
    assert folder.holds("a") and not folder.holds("b")
    folder.discard("a")
    folder.discard("a")
    assert folder.names() == [] and folder.inside("deeper").names() == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "a\0b"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    for use in (Directory(tmp_path).inside, Directory(tmp_path).read, lambda n: Directory(tmp_path).replace(n, b"")):
        with pytest.raises(RunFolderError, match="cannot be the name of a file"):
            use(name)


@pytest.fixture
def linked(tmp_path):
    """A directory in which everything leads to another one, and that other."""
    other, path = tmp_path / "other", tmp_path / "run"
    other.mkdir()
    path.mkdir()
    (other / "precious").write_text("precious")
    (path / "file").symlink_to(other / "precious")
    (path / "folder").symlink_to(other)
    yield Directory(path)
    assert [p.name for p in other.iterdir()] == ["precious"] and (other / "precious").read_text() == "precious"


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_TRUNC])
def test_no_file_is_opened_through_a_link(linked, flags):
    with pytest.raises(RunFolderError, match=LINK):
        linked.descriptor("file", flags)


def test_no_folder_is_entered_through_a_link(linked):
    inside = linked.inside("folder")
    for use in (inside.names, inside.folders, inside.make, lambda: inside.read("precious")):
        with pytest.raises(RunFolderError, match=LINK):
            use()
    with pytest.raises(RunFolderError, match=LINK):
        inside.replace("precious", b"")
    with pytest.raises(RunFolderError, match=LINK):
        inside.discard("precious")


def test_links_are_replaced_and_deleted_and_not_what_they_lead_to(linked):
    linked.replace("file", b"mine")
    linked.discard("folder")
    (linked.path / ".new.draft").symlink_to(linked.path.parent / "other" / "precious")
    linked.replace("new", b"mine")
    assert linked.names() == ["file", "new"] and linked.read("new") == b"mine"


def test_a_folder_that_the_user_names_may_be_a_link(linked):
    assert Directory(linked.path / "folder").read("precious") == b"precious"


def test_what_is_no_file_is_refused_and_keeps_nobody_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        for name in ("pipe", "folder", "socket"):
            with pytest.raises(RunFolderError, match=f"{name} is a {name} where a file belongs: move it out"):
                Directory(tmp_path).read(name)
            with pytest.raises(RunFolderError, match=f"{name} is a {name} where a file belongs: move it out"):
                Directory(tmp_path).descriptor(name, os.O_WRONLY | os.O_CREAT)


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "media").write_text("")
    for use in (Directory(tmp_path).inside("media").make, Directory(tmp_path).inside("media").names):
        with pytest.raises(RunFolderError, match="media is a file where a folder belongs: move it out"):
            use()


def test_a_file_with_a_second_name_is_read_and_replaced_but_not_changed(tmp_path):
    (tmp_path / "a").write_text("precious")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    folder = Directory(tmp_path)
    assert folder.read("b") == b"precious"
    with pytest.raises(RunFolderError, match="b has a second name"):
        folder.descriptor("b", os.O_WRONLY | os.O_APPEND)
    folder.replace("b", b"mine")
    assert (tmp_path / "a").read_text() == "precious"


def test_what_cannot_be_read_is_told(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("")
    real = os.open

    def locked(path, *rest, **more):
        if path == "a":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *rest, **more)

    monkeypatch.setattr(directory.os, "open", locked)
    with pytest.raises(RunFolderError, match="a cannot be read: Permission denied; check its permissions"):
        Directory(tmp_path).read("a")


def test_what_the_system_refuses_is_told_with_its_whole_path(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "none")):
        Directory(tmp_path).descriptor("none", os.O_RDONLY)
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "gone")):
        Directory(tmp_path).inside("gone").inside("deeper").make()


def test_letters_that_utf_8_cannot_hold_are_written_as_numbers(tmp_path):
    replace_file(tmp_path / "a", "\ud800")
    assert (tmp_path / "a").read_text() == "\\ud800"
