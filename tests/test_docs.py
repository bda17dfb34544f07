"""What the documentation shows is run as it stands."""

import re
import runpy
from pathlib import Path

import pytest

from streamsim.checks.environment import check_environment

ROOT = Path(__file__).parents[1]


def python_blocks(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_ten_lines_of_the_readme(tmp_path, capsys):
    (block,) = python_blocks("README.md")
    assert len([line for line in block.splitlines() if line.strip()]) <= 14
    (tmp_path / "block.py").write_text(block)
    runpy.run_path(str(tmp_path / "block.py"))
    assert "layer4" in capsys.readouterr().out


def test_the_world_of_the_guide_passes_the_checks(tmp_path):
    (block,) = python_blocks("docs/adding-a-world.md")
    assert len([line for line in block.splitlines() if line.strip()]) <= 50
    (tmp_path / "gratings.py").write_text(block)
    world = runpy.run_path(str(tmp_path / "gratings.py"))["Gratings"]
    check_environment(world())


def test_the_guide_has_at_most_eight_steps():
    steps = re.findall(r"^(\d+)\. ", (ROOT / "docs/adding-a-world.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(step) for step in steps] == list(range(1, len(steps) + 1))
    assert len(steps) <= 8


@pytest.mark.parametrize("page", ["README.md", "docs/adding-a-world.md", "docs/adding-an-agent.md", "docs/design.md"])
def test_pages_name_no_machine(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert not re.search(r"(^|[\s\"'`(])/(home|root|work|tmp)/", text)
