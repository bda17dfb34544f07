"""A folder with slow cells, and what they come to when nobody disturbs them."""

import shutil
from pathlib import Path

import pytest

from streamsim import cli

from ...slow_cells import LINE, SLOW, at_work, pause, until


@pytest.fixture
def slow(place):
    """A folder in which the study `whole` was computed by this machine; cells take long from now on."""
    Path("slow.py").write_text(SLOW)
    pause(0)
    assert cli.main(("sweep", *LINE, "--out", "whole", "--jobs", "2", "--threads", "1")) == 0
    shutil.rmtree("pids")
    pause(2)
    return place


@pytest.fixture
def both_at_work(slow):
    """Waits until two processes that were not there before are at work in cells, and returns them."""
    known = set()

    def wait(seconds=600):
        until(lambda: len({*at_work(0)} - known) == 2, seconds)
        new = {*at_work(0)} - known
        known.update(new)
        return sorted(new)

    return wait
