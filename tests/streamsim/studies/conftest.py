"""A folder to keep tiny studies in."""

import sys
from pathlib import Path

import pytest
import yaml

from .. import toys
from ..slow_cells import TOYS
from ..toy_runs import TOY


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to stand in, with a configuration whose classes cells find as well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "toys", toys)
    monkeypatch.syspath_prepend(TOYS)
    toy = {**TOY, "environment": "toys.CountingWorld", "agent": "toys.LinearLearner"}
    Path("toy.yaml").write_text(yaml.safe_dump(toy))
    return tmp_path
