"""JSON lines: whole lines or none."""

import errno
import json
import os

import pytest

from streamsim.contracts.errors import RunFolderError
from streamsim.instruments import rows as json_lines
from streamsim.instruments.rows import JsonLines, file_lengths, read_rows, rewind_files


def test_lines_are_on_the_disk_at_once_and_survive_closing(tmp_path):
    lines = JsonLines(tmp_path / "a.jsonl")
    lines.write({"a": 1})
    assert read_rows(lines.path) == [{"a": 1}]
    lines.close()
    lines.write({"a": 2})
    assert read_rows(lines.path) == [{"a": 1}, {"a": 2}]
    lines.close()


def test_what_json_lacks_becomes_null(tmp_path):
    lines = JsonLines(tmp_path / "a.jsonl")
    lines.write({"a": float("nan"), "b": [float("inf"), {"c": 1.5}]})
    lines.close()
    assert json.loads(lines.path.read_text()) == {"a": None, "b": [None, {"c": 1.5}]}


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    lines = JsonLines(tmp_path / "a.jsonl")
    lines.write({"a": 1})
    real = os.write

    def full(descriptor, data):
        if len(data) < 8:
            raise OSError(errno.ENOSPC, "full")
        return real(descriptor, data[:8])

    monkeypatch.setattr(json_lines.os, "write", full)
    with pytest.raises(OSError, match="full"):
        lines.write({"long": 1234567})
    lines.close()
    assert lines.path.read_text() == '{"a":1}\n'


def test_rewinding(tmp_path):
    one, two = JsonLines(tmp_path / "one.jsonl"), JsonLines(tmp_path / "two.jsonl")
    one.write({"a": 1})
    names = ["one.jsonl", "two.jsonl", "none.jsonl"]
    saved = file_lengths(tmp_path, names)
    one.write({"a": 2})
    two.write({"b": 1})
    rewind_files(tmp_path, names, saved)
    assert read_rows(one.path) == [{"a": 1}]
    assert read_rows(two.path) == []
    one.close()
    two.close()


def test_a_line_cut_short_is_not_read(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a":1}\n{"a"')
    assert read_rows(tmp_path / "a.jsonl") == [{"a": 1}]
    assert read_rows(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("damage", [b'{"a"', b"\xff\x00", b"7", b""])
def test_a_damaged_line_is_named(tmp_path, damage):
    (tmp_path / "a.jsonl").write_bytes(b'{"a":1}\n' + damage + b'\n{"a":2}\n')
    with pytest.raises(RunFolderError, match=r"a\.jsonl, line 2 is damaged.*: restore the file from a copy, or move"):
        read_rows(tmp_path / "a.jsonl")
