"""Provenance tells of the code that ran, wherever one stands."""

import os

from streamsim.runs import origin


def test_the_commit_is_that_of_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(os.path.dirname(origin.__file__))  # noqa: PTH120
    here = origin.git("rev-parse", "HEAD")
    monkeypatch.chdir(tmp_path)
    assert (origin.git_state() or {}).get("commit") == here


def test_a_package_inside_a_checkout_of_something_else_has_no_commit(tmp_path, monkeypatch):
    (tmp_path / "streamsim").mkdir()
    monkeypatch.setattr(origin, "__file__", str(tmp_path / "streamsim" / "origin.py"))
    git = origin.git
    git("init", str(tmp_path))
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-m", "other")
    assert git("rev-parse", "HEAD") is not None
    assert origin.git_state() is None
