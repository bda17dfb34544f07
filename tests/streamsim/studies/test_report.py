"""The page of a study: when it is written, what it says of cells, and what is said where it cannot be."""

import importlib.util
from pathlib import Path

import pytest

from streamsim import cli
from streamsim.studies import page
from streamsim.studies.figures import StudyTable
from streamsim.studies.plans import Plan, axes_of
from streamsim.studies.study import Study, opened
from streamsim.studies.table import table_of

LINE = ("toy.yaml", "seed=0,1", "--ticks", "4", "--out", "a", "--jobs", "2", "--threads", "1")

PARQUET = "parquet: a/table.parquet\n" if importlib.util.find_spec("pyarrow") else ""


def main(*line):
    return cli.main(line)


def test_a_page_is_written_unless_it_is_not_wanted(place, capsys):
    pytest.importorskip("matplotlib")
    assert main("sweep", *LINE, "--no-report") == 0
    assert "report:" not in capsys.readouterr().out
    assert not Path("a/report.html").exists()
    assert main("resume", "a") == 0
    assert f"table: a/table.csv\n{PARQUET}effects: a/effects.csv\nreport: a/report.html\n" in capsys.readouterr().out
    written = Path("a/report.html").read_text()
    assert "<td>2 cells: 2 finished</td>" in written
    assert "<td>linear: " in written
    Path("a/report.html").unlink()
    assert main("report", "a") == 0
    assert capsys.readouterr().out == f"a/table.csv\n{PARQUET.removeprefix('parquet: ')}a/effects.csv\na/report.html\n"
    assert Path("a/report.html").read_text() == written


def test_where_a_study_stands_is_told(place):
    assert main("sweep", *LINE, "--probes", "null") == 0
    study, plan = opened(Path("a"))
    missing, *_ = study.cells()
    (missing.path / "summary.json").unlink()
    missing.fail("it was too much")
    told = page.told_of(study, plan, table_of(study, plan.varied))
    assert isinstance(told, StudyTable)
    assert {name: count for name, count in told.standing.items() if count} == {"finished": 1, "failed": 1}
    assert "nothing to show" in Path("a/report.html").read_text()


def test_without_matplotlib_there_is_a_table_and_a_sentence(place, capsys, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "streamsim.studies.figures.table.find_spec", lambda name: None if name == "matplotlib" else find(name)
    )
    assert main("sweep", *LINE, "--no-report") == 0
    Path("a/report.html").write_text("of an earlier time")
    capsys.readouterr()
    assert main("report", "a") == 0
    said = capsys.readouterr()
    assert "a/effects.csv\n" in said.out
    assert "report.html" not in said.out
    assert "figures need matplotlib: pip install 'streamsim[studies]'" in said.err
    assert not Path("a/report.html").exists()
    assert Path("a/effects.csv").read_text().startswith("setting,value")


def test_what_was_drawn_at_random_is_told(tmp_path):
    words = ["agent.rate=loguniform:1e-3:1e-1:2", "+seed=0,1", "streams=1,2"]
    plan, study = Plan("toy.yaml", {}, (tuple(axes_of(words)),)), Study(tmp_path)
    told = page.told_of(study, plan, table_of(study, plan.varied))
    assert (told.at_random, told.logarithmic) == (["agent.rate", "seed"], ["agent.rate"])
