"""The contracts of imports in pyproject.toml hold, and each of them notices what it is there for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WAYS = "imports run one way"
COMMAND = "from importlinter.cli import lint_imports_command as lint; lint()"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package as it is installed."""
    home = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / ".types" / "streamsim", home / "streamsim", ignore=shutil.ignore_patterns("__pycache__"))
    return home


def lint(home):
    settings = ["--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"]
    # the copy alone, not the package that is installed
    places = {**os.environ, "PYTHONPATH": str(ROOT / ".ci"), "COLUMNS": "500"}
    places.pop("PYTHONSAFEPATH", None)
    command = [sys.executable, "-c", COMMAND, *settings]
    return subprocess.run(command, cwd=home, env=places, capture_output=True, text=True, check=False)


def test_imports_keep_their_contracts(copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("agents/layers/base.py", "import streamsim.environments", WAYS),
        ("environments/io/paths.py", "import streamsim.agents", WAYS),
        ("launch.py", "import streamsim.agents", WAYS),
        ("contracts/tree.py", "import streamsim.evaluation", WAYS),
        ("evaluation/probe.py", "import streamsim.simulation", WAYS),
        ("__init__.py", "import streamsim.environments", "streamsim itself names no world and no agent"),
        ("launch.py", "from streamsim.contracts.errors import require", "no import past a door"),
        ("environments/still/images.py", "from ..io.paths import natural", "no import past a door"),
        ("agents/__init__.py", "from .layers.base import Layer", "no import past a door"),
        ("agents/layers/base.py", "import streamsim.agents.rules", "no circle of rooms"),
        ("simulation/gaze.py", "import streamsim.runs", "no circle of rooms"),
    ],
)
def test_each_contract_notices_what_it_is_there_for(copy, file, line, contract):
    path = copy / "streamsim" / file
    text = path.read_text()
    path.write_text(f"{text}\n{line}\n")
    done = lint(copy)
    path.write_text(text)
    broken = [words for words in done.stdout.splitlines() if " BROKEN" in words]
    assert done.returncode == 1
    assert any(contract in words for words in broken), done.stdout
