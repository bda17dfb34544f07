"""A cell is computed on another machine only where that sees what it must."""

import sys
from pathlib import Path

from streamsim.studies.clusters.errand import Errand
from streamsim.studies.clusters.ray_tasks import compute


def test_a_machine_that_does_not_see_the_folder_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = Errand(Path("a/cells/0123456789ab"), threads=1, trust=False)
    said = compute(there)
    assert said.startswith("a/cells/0123456789ab is not seen on ")
    assert said.endswith("keep studies, and start them, in a folder that all machines of the cluster share")
    gone = Errand(there.folder, threads=1, trust=False, home=tmp_path / "gone")
    assert compute(gone).startswith(f"{tmp_path / 'gone'} is not seen on ")
    assert "(No such file or directory)" in compute(gone)


def test_it_goes_to_where_the_study_was_started(tmp_path, monkeypatch):
    cell = tmp_path / "home" / "a" / "cells" / "0123456789ab"
    cell.mkdir(parents=True)
    (cell / "config.yaml").touch()
    monkeypatch.chdir(tmp_path)
    errand = Errand(
        Path("a/cells/0123456789ab"), threads=1, trust=False, home=tmp_path / "home", modules=("elsewhere",)
    )
    monkeypatch.setattr("sys.path", ["here"])
    assert not errand.settle()
    assert errand.cell.planned()
    assert sys.path == ["here", "elsewhere"]
