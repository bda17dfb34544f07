"""Tables of papers as users reproduce them: what is computed, what is set beside what, what is refused."""

import csv
import json
from pathlib import Path
from statistics import fmean, stdev

import pytest

from streamsim import cli
from streamsim.studies import read_csv

from ...toy_tables import install

SMALL = ("--jobs", "2", "--threads", "1", "--no-report")


@pytest.fixture
def table(place, monkeypatch):
    """A registered table, in a folder to stand in from which cells find the toys."""
    (place / "site").mkdir()
    install(place / "site", monkeypatch)
    return place


def reproduce(*line, out="a"):
    return cli.main(["reproduce", "toy-table", *line, "--out", out, *SMALL])


def lines(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def last(folder, row):
    """The last rows of the uppermost layer in the table of a study, those of one row of the paper."""
    return [
        one
        for one in lines(f"{folder}/table.csv")
        if (one["row"], one["layer"], one["tick"], one["baseline"]) == (row, "layer2", "20", "False")
    ]


def test_rows_are_computed_set_beside_the_paper_and_grow(table, capsys):
    assert reproduce("--rows", "fast,slow", "--seeds", "0,1") == 0
    said = capsys.readouterr()
    assert "4 of 4 cells finished" in said.err
    assert "reproduction: a/reproduction.csv" in said.out
    found = {one["row"]: one for one in read_csv(Path("a/reproduction.csv").read_text())}
    assert list(found) == ["slow", "fast"]  # in the order of the paper
    for row, published in (("slow", 40.5), ("fast", 60.0)):
        accuracies = [100 * float(one["accuracy"]) for one in last("a", row)]
        assert len(accuracies) == 2
        own = found[row]
        assert float(own["published"]) == published
        assert float(own["reproduced"]) == pytest.approx(fmean(accuracies), abs=0.006)
        assert float(own["deviation"]) == pytest.approx(stdev(accuracies), abs=0.006)
        calibrated = fmean(100 * float(one["calibrated"]) for one in last("a", row))
        assert float(own["calibrated"]) == pytest.approx(calibrated, abs=0.006)
        assert (own["seeds"], own["layer"], own["frames"], own["streams"]) == ("2", "layer2", "40", "2")
        assert (own["n_train"], own["n_test"], own["scale"]) == ("30", "30", "short")
        assert (own["data"], own["stand_in"], own["difference"]) == (
            "toys.CountingWorld instead of Patterns",
            "true",
            "",
        )
        assert f"{fmean(accuracies):.1f} \N{PLUS-MINUS SIGN} {stdev(accuracies):.1f}" in said.out
    # a cell ends as the row does by itself
    cell = last("a", "fast")[1]
    assert cell["seed"] == "1"
    command = json.loads(Path("a/cells", cell["cell"], "provenance.json").read_text())["command"]
    assert command == ["streamsim", *["run", "toy-table", "--scale", "short", "--row", "fast", "--seed", "1"]]
    assert cli.main(["run", "toy-table/fast", "--seed", "1", "--out", "alone", "--no-report"]) == 0
    assert cell["digest"] == json.loads(Path("alone/summary.json").read_text())["digest"]
    # more rows compute what is missing, and the same again computes nothing
    before = {path: path.stat().st_mtime_ns for path in Path("a").glob("cells/*/summary.json")}
    assert reproduce("--rows", "own", "--seeds", "0") == 0
    after = {path: path.stat().st_mtime_ns for path in Path("a").glob("cells/*/summary.json")}
    assert len(after) == len(before) + 1
    assert {path: after[path] for path in before} == before
    capsys.readouterr()
    assert cli.main(["report", "a"]) == 0
    assert "Nobody 2000, Table 1" in capsys.readouterr().out
    assert [one["row"] for one in read_csv(Path("a/reproduction.csv").read_text())] == ["slow", "fast", "own"]


def test_rows_that_are_missing_are_named_and_a_study_goes_on(table, capsys):
    assert reproduce("--rows", "slow,fast") == 0
    (missing,) = {one["cell"] for one in last("a", "fast")}
    Path("a/cells", missing, "summary.json").unlink()
    capsys.readouterr()
    assert cli.main(["report", "a"]) == 0
    assert "not finished yet: fast" in capsys.readouterr().out
    assert [one["row"] for one in read_csv(Path("a/reproduction.csv").read_text())] == ["slow"]
    assert cli.main(["resume", "a", "--no-report", "--jobs", "1"]) == 0
    assert [one["row"] for one in read_csv(Path("a/reproduction.csv").read_text())] == ["slow", "fast"]


def test_rows_may_be_swept_with_other_settings_and_then_stand_in_the_table_alone(table):
    line = ["sweep", "toy-table", "row=slow,fast", "agent.momentum=0.1,0.2", "--ticks", "4", "--out", "b", *SMALL]
    assert cli.main([*line, "--probes.n_train", "20"]) == 0
    found = {(one["row"], one["agent.momentum"]) for one in lines("b/table.csv")}
    assert found == {(row, momentum) for row in ("slow", "fast") for momentum in ("0.1", "0.2")}
    assert not Path("b/reproduction.csv").exists()


MISTAKES = {
    "no table": ([], "give a table: `streamsim list presets` lists them as TABLE/ROW"),
    "table": (["toy-tabel"], "table 'toy-tabel' is not known: did you mean toy-table?"),
    "preset": (["default"], "table 'default' is not known"),
    "scale": (["toy-table", "--scale", "lnog"], "toy-table has no scale 'lnog': did you mean long?"),
    "row": (["toy-table", "--rows", "slow,fats"], "toy-table has no row 'fats': did you mean fast?"),
    "no rows": (["toy-table", "--rows", ""], "row has no values"),
    "seed": (["toy-table", "--seed", "1"], "seed is both fixed and varied"),
    "seeds": (["toy-table", "--seeds", "x"], "seed must be a whole number (got 'x')"),
    "data": (
        ["toy-table", "--scale", "real"],
        "toy-table at the scale real needs Patterns: give --environment.root with the folder of the patterns",
    ),
    "setting": (["toy-table", "--agent.momentun", "1"], "did you mean agent.momentum?"),
    "option": (["toy-table", "--row", "fast"], "row is both fixed and varied"),
    "two": (["toy-table", "other"], "reproduce takes one table (got toy-table, other)"),
}


@pytest.mark.parametrize(("line", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_in_a_sentence_and_nothing_is_put_down(table, capsys, line, sentence):
    assert cli.main(["reproduce", *line]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not Path("studies").exists()
