"""Checkpoints: whole or absent, exact to the last bit and stride, damage noticed."""

import errno
import json
import os

import pytest
import torch

from streamsim.contracts.errors import RunFolderError
from streamsim.contracts.tree import digest, leaves
from streamsim.runs import checkpoint
from streamsim.storage import Directory
from streamsim.storage import directory as storage

CPU = torch.device("cpu")


def state():
    wide = torch.randn(2, 3, 4, 4)
    return {
        "empty": {},
        "eye": {"with.dot": torch.arange(3), "rng": torch.Generator().get_state(), "flag": torch.tensor(True)},
        "another": {},
        "kinds": {"double": torch.rand(2, dtype=torch.float64), "half": torch.rand(3).bfloat16()},
        "last": wide.to(memory_format=torch.channels_last),
        "view": wide[:, 1:2],
        "shared": wide.view(-1)[:5],
        "expanded": torch.zeros(1).expand(4),
        "none": torch.empty(0, 3),
    }


def test_round_trip_keeps_every_bit_and_the_memory_layout(tmp_path):
    before = state()
    path = checkpoint.save(Directory(tmp_path), 7, before, {"a": [1, None]})
    found = checkpoint.load(path, CPU)
    assert (found.tick, found.facts, path.path.name) == (7, {"a": [1, None]}, "000000007")
    assert digest(found.state) == digest(before)
    assert found.state["empty"] == {}
    assert [list(found.state), list(found.state["eye"])] == [list(before), list(before["eye"])]  # order counts, too
    assert found.state["last"].stride() == before["last"].stride()
    for name, tensor in leaves(found.state):
        assert tensor.numel() == 0 or 0 not in tensor.stride(), name


def test_nothing_is_pickled(tmp_path):
    path = checkpoint.save(Directory(tmp_path), 1, state(), {})
    assert sorted(p.name for p in path.path.iterdir()) == ["state.json", "state.safetensors"]
    json.loads((path.path / "state.json").read_text())


def cut(file):
    os.truncate(file, file.stat().st_size // 2)


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) * 3 // 4] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("name", ["state.safetensors", "state.json"])
@pytest.mark.parametrize("harm", [cut, flip, os.remove, lambda f: f.write_text("{}")])
def test_a_damaged_checkpoint_is_noticed_and_the_previous_one_used(tmp_path, name, harm):
    checkpoint.save(Directory(tmp_path), 1, {"a": torch.ones(50)}, {"long": "x" * 100})
    path = checkpoint.save(Directory(tmp_path), 2, {"a": torch.zeros(50)}, {"long": "x" * 100})
    harm(path.path / name)
    with pytest.raises(RunFolderError, match="damaged"):
        checkpoint.load(path, CPU)
    found, warnings = checkpoint.newest(Directory(tmp_path), CPU)
    assert found.tick == 1
    assert len(warnings) == 1
    assert "000000002 is damaged" in warnings[0]
    assert "an older one is looked for" in warnings[0]


def test_no_checkpoint(tmp_path):
    assert checkpoint.newest(Directory(tmp_path).inside("none"), CPU) == (None, [])


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
def test_a_failure_at_any_step_leaves_the_previous_one_alone(tmp_path, monkeypatch, step):
    checkpoint.save(Directory(tmp_path), 1, {"a": torch.ones(5)}, {})

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        if step == "write":
            patch.setattr(storage.Directory, "write", full)
        elif step == "fsync":
            patch.setattr(storage.os, "fsync", full)
        else:
            patch.setattr(storage.os, "rename", full)
        with pytest.raises(OSError, match="full"):
            checkpoint.save(Directory(tmp_path), 2, {"a": torch.zeros(5)}, {})
    assert [p.name for p in tmp_path.iterdir()] == ["000000001"]
    assert checkpoint.newest(Directory(tmp_path), CPU)[0].tick == 1


def test_drafts_are_no_checkpoints_and_are_swept(tmp_path):
    for tick in (1, 2, 3):
        checkpoint.save(Directory(tmp_path), tick, {"a": torch.ones(5)}, {})
    (tmp_path / ".000000004.draft").mkdir()
    assert checkpoint.newest(Directory(tmp_path), CPU)[0].tick == 3
    checkpoint.prune(Directory(tmp_path), keep=2, newest=3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000002", "000000003"]


def test_saving_a_tick_again_replaces_it(tmp_path):
    checkpoint.save(Directory(tmp_path), 1, {"a": torch.ones(5)}, {})
    path = checkpoint.save(Directory(tmp_path), 1, {"a": torch.zeros(5)}, {})
    assert checkpoint.load(path, CPU).state["a"].sum() == 0
