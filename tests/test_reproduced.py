"""The README holds the results that were put down, and is made of them."""

import importlib.util
from pathlib import Path

import pytest

from streamsim import cli

ROOT = Path(__file__).parents[1]

spec = importlib.util.spec_from_file_location("docs_reproduced", ROOT / "docs/reproduced.py")
reproduced = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reproduced)

README = f"# A\n\n{reproduced.BEGIN}\n\nOld.\n\n{reproduced.END}\n\nThe end.\n"


def test_the_page_is_made_of_the_results_of_a_study(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    line = [
        "reproduce",
        "tang-table1",
        "--scale",
        "tiny",
        "--rows",
        "gll-rf",
        "--ticks",
        "14",
        "--out",
        "a",
        "--no-report",
    ]
    assert cli.main([*line, "--jobs", "1", "--threads", "1"]) == 0
    kept = tmp_path / "docs" / "reproductions" / "tang-table1"
    kept.mkdir(parents=True)
    (tmp_path / "a" / "reproduction.csv").rename(kept / "reproduction.csv")
    (tmp_path / "README.md").write_text(README)
    assert reproduced.lagging(tmp_path) == [
        "the results are not those in docs/reproductions: run `python docs/reproduced.py`"
    ]
    assert reproduced.main(tmp_path) == 0
    assert reproduced.lagging(tmp_path) == []
    page = (tmp_path / "README.md").read_text()
    assert page.startswith("# A\n\n") and page.endswith("\n\nThe end.\n") and "Old." not in page
    assert "**Tang, Yang & Amit 2022, Table 1 (CIFAR-100 to CIFAR-10), at the scale tiny**" in page
    assert "| contrastive hinge: GLL RF | 67.83 | " in page
    assert "| 1 | 112 | Objects3D instead of CIFAR-100 and CIFAR-10 |" in page
    (kept / "reproduction.csv").write_text((kept / "reproduction.csv").read_text().replace("67.83", "67.84"))
    assert reproduced.lagging(tmp_path)


def test_a_page_without_a_place_is_told_of(tmp_path):
    (tmp_path / "README.md").write_text("# A\n")
    (said,) = reproduced.lagging(tmp_path)
    assert said.startswith("there is no place for results")


def test_our_own_page_is_in_step():
    assert reproduced.lagging(ROOT) == []


@pytest.mark.parametrize("text", ["", "\nOld.\n"])
def test_results_replace_what_stands_between_the_marks_alone(text):
    page = f"a\n{reproduced.BEGIN}\n{text}{reproduced.END}\nb\n"
    assert reproduced.filled(page, "x\\1") == f"a\n{reproduced.BEGIN}\n\nx\\1\n{reproduced.END}\nb\n"
