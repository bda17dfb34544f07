"""Provenance tells of the code that ran, wherever one stands."""

import os
import sys

import streamsim.runs.provenance  # noqa: F401

provenance = sys.modules["streamsim.runs.provenance"]  # the door hands out the function of this name


def test_the_commit_is_that_of_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(os.path.dirname(provenance.__file__))  # noqa: PTH120
    here = provenance.git("rev-parse", "HEAD")
    monkeypatch.chdir(tmp_path)
    assert (provenance.git_state() or {}).get("commit") == here


def test_a_package_inside_a_checkout_of_something_else_has_no_commit(tmp_path, monkeypatch):
    (tmp_path / "streamsim").mkdir()
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "streamsim" / "provenance.py"))
    git = provenance.git
    git("init", str(tmp_path))
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-m", "other")
    assert git("rev-parse", "HEAD") is not None
    assert provenance.git_state() is None
