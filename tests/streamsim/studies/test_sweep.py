"""Studies as users meet them: what is computed, what is told, what is refused."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from streamsim import cli

RATES = ("agent.rate=0.01,0.02", "seed=0,1")


def main(*line):
    return cli.main(line)


def sweep(*line, out="a", jobs="2", threads="1"):
    return main("sweep", "toy.yaml", *line, "--out", out, "--jobs", jobs, "--threads", threads, "--no-report")


def table(folder="a"):
    with (Path(folder) / "table.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def summaries(folder="a"):
    return {path.parent.name: json.loads(path.read_text()) for path in Path(folder).glob("cells/*/summary.json")}


def times(folder="a"):
    """When each cell was finished."""
    return {path.parent.name: path.stat().st_mtime_ns for path in Path(folder).glob("cells/*/summary.json")}


def cell_with(folder="a", **settings):
    """The folder of the cell with these settings."""
    for path in Path(folder).glob("cells/*/config.yaml"):
        tree = yaml.safe_load(path.read_text())
        if all(tree[name] == value for name, value in settings.items()):
            return path.parent
    raise AssertionError(settings)


def test_a_study_is_computed_grows_and_is_told_in_a_table(place, capsys):
    assert sweep(*RATES) == 0
    said = capsys.readouterr()
    assert "table: a/table.csv" in said.out
    assert "4 of 4 cells finished" in said.err
    made = {path.name for path in Path("a").iterdir()}
    assert made - {"table.parquet"} == {
        "cells",
        "effects.csv",
        "lock",
        "study.yaml",
        "table.csv",
    }  # Parquet is an extra
    rows = table()
    assert {(row["agent.rate"], row["seed"]) for row in rows} == {(r, s) for r in ("0.01", "0.02") for s in "01"}
    assert {(row["layer"], row["probe"], row["tick"]) for row in rows} >= {("layer1", "linear", "60")}
    assert all(row["bytes_weights"] == "144" or int(row["bytes_weights"]) > 0 for row in rows)
    # each cell ends as the same configuration does by itself
    assert main("run", "toy.yaml", "--agent.rate", "0.02", "--seed", "1", "--out", "alone", "--no-report") == 0
    alone = json.loads(Path("alone/summary.json").read_text())["digest"]
    assert {row["digest"] for row in rows if (row["agent.rate"], row["seed"]) == ("0.02", "1")} == {alone}
    assert len({row["digest"] for row in rows}) == 4
    # the same again computes nothing, other spellings are the same cells, and more values compute what is missing
    before, text = times(), Path("a/table.csv").read_bytes()
    assert sweep("agent.rate=0.010,2e-2", "seed=0:1:1") == 0
    assert times() == before
    assert Path("a/table.csv").read_bytes() == text
    assert sweep("agent.rate=0.02,0.03", "seed=1") == 0
    assert len(times()) == 5
    assert {name: when for name, when in times().items() if name in before} == before
    assert len({row["cell"] for row in table()}) == 5
    assert main("status", "a") == 0
    assert "5 finished" in capsys.readouterr().out
    # the table is made of what lies in the cells
    Path("a/table.csv").unlink()
    shutil.rmtree(cell_with(seed=0))
    assert main("report", "a") == 0
    assert len({row["cell"] for row in table()}) == 4
    assert main("resume", "a") == 2
    assert "a lacks 1 of its 5 cells" in capsys.readouterr().err
    assert sweep(*RATES) == 0
    assert len(times()) == 5


def test_a_cell_is_an_ordinary_run(place, capsys):
    assert sweep("seed=4,5", "--ticks", "20") == 0
    cell = cell_with(seed=4)
    assert json.loads((cell / "provenance.json").read_text())["command"] == [
        *("streamsim", "run", "toy.yaml", "--ticks", "20", "--seed", "4")
    ]
    assert main("resume", str(cell)) == 0
    assert "is finished (20 ticks)" in capsys.readouterr().err
    assert main("probe", str(cell)) == 0
    assert main("resume", str(cell), "--ticks", "25", "--no-report") == 0
    assert main("report", "a") == 0
    assert "was changed after it was planned" in capsys.readouterr().err


def test_a_study_may_be_described_in_a_file(place, capsys):
    Path("b.yaml").write_text(
        "preset: toy.yaml\nsettings: {ticks: 10, probes: null}\ngrid: {seed: 0:1:1}\n"
        "zip: [{agent.rate: [0.01, 0.02], streams: [1, 3]}]\n"
    )
    assert main("sweep", "b.yaml", "--out", "a", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "seed=0 agent.rate=0.01 streams=1" in told
    assert "4 cells, " in told
    assert "checkpoints of about 0.1 MB in all" in told
    assert re.search(r"expected to take \d+ s on this machine: \d+ s and \d+ MB of memory for each cell", told)
    assert not Path("a").exists()
    assert main("sweep", "b.yaml", "--out", "a", "--jobs", "2", "--threads", "1") == 0
    assert {(s["streams"], s["ticks"]) for s in summaries().values()} == {(1, 10), (3, 10)}
    # what the folder holds is such a file, too
    assert main("sweep", "a/study.yaml", "--out", "c", "--dry-run") == 0
    assert sorted(Path("a/cells").iterdir())[0].name in capsys.readouterr().out


def test_parts_may_vary(place):
    assert sweep("gaze=FixedFixation,{FixedFixation: {length: 3}},BernoulliSaccades", "--ticks", "5") == 0
    names = {"FixedFixation", "{FixedFixation: {length: 3}}", "BernoulliSaccades"}
    assert {row["gaze"] for row in table()} == names


def test_a_cell_that_fails_ends_no_other_and_is_tried_again(place, capsys):
    Path("fragile.py").write_text(
        "from pathlib import Path\nfrom streamsim import Instrument\n\n\n"
        "class Fragile(Instrument):\n"
        "    def __init__(self, after: int = 0) -> None:\n        self.after = after\n\n"
        "    def watch(self, record):\n"
        "        if self.after and record.glimpse.tick == self.after and not Path('mended').exists():\n"
        "            raise ValueError('it broke')\n"
    )
    line = ("instruments=[],[fragile.Fragile: {after: 7}]", "seed=0,1")
    assert sweep(*line) == 2
    said = capsys.readouterr().err
    assert "2 of 4 cells failed, such as instruments=" in said
    assert "ValueError: it broke (see the traceback" in said
    assert "`streamsim resume a` tries them again" in said
    assert len(times()) == 2
    assert main("status", "a") == 0
    assert "2 finished, 2 failed" in capsys.readouterr().out
    failed = next(Path("a").glob("cells/*/failure.json"))
    assert "fragile.py" in json.loads(failed.read_text())["traceback"]
    Path("mended").touch()
    before = times()
    assert main("resume", "a", "--jobs", "2") == 0
    assert before.items() <= times().items()
    assert len(times()) == 4
    assert not list(Path("a").glob("cells/*/failure.json"))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["toy.yaml", "--out", "a"], "nothing varies: name a setting and its values"),
        (["toy.yaml", "seed="], "seed has no values"),
        (["toy.yaml", "agent.rat=1,2"], "agent.rat is not an option of LinearLearner: did you mean agent.rate?"),
        (["toy.yaml", "seed=1", "--agent.rat", "1"], "did you mean agent.rate?"),
        (["toy.yaml", "seed=0,-1", "streams=1,2"], "cell seed=-1 streams=1: seed must lie between 0"),
        (["toy.yaml", "seed=0", "streams=1,0"], "cell seed=0 streams=0: streams must be at least 1 (got 0)"),
        (["nosuch", "seed=1"], "nosuch"),
        (["toy.yaml", "seed=1", "streams=uniform:0.5:8.5:5"], ": write streams=integers:1:8:5"),
        (["toy.yaml", "agent.rate=uniform:1:2"], "does not say how many numbers are to be drawn: write agent.rate=uni"),
        (["toy.yaml", "seed=1", "--jobs", "0"], "jobs must be 1 or more (got 0)"),
        (["toy.yaml", "seed=1", "--jbos", "0"], "--jbos is not an option: did you mean --jobs?"),
        (["toy.yaml", "seed=1", "--out", "toy.yaml"], "toy.yaml is a file, not a folder: choose another --out"),
        (["toy.yaml", "seed=1", "--out", "full"], "full is not empty and holds no study"),
        (["toy.yaml", "seed=1", "--out", ""], "'' names no folder"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(place, capsys, line, sentence):
    Path("full").mkdir()
    Path("full/mine").touch()
    assert main("sweep", *line, *(() if "--out" in line else ("--out", "a"))) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not Path("a").exists()


def test_another_study_is_refused(place, capsys):
    assert sweep("seed=0", "--ticks", "3", "--probes", "null") == 0
    Path("other.yaml").write_text(Path("toy.yaml").read_text())
    before = sorted(Path("a").rglob("*"))
    for line, sentence in (
        (["other.yaml", "seed=1", "--ticks", "3"], "a holds a study of toy.yaml, not of other.yaml"),
        (["toy.yaml", "seed=1", "--ticks", "4"], "a holds a study in which probes is null, not as the preset has it"),
        (["toy.yaml", "seed=1", "--ticks", "4", "--probes", "null"], "in which ticks is 3, not 4"),
        (["toy.yaml", "seed=1", "--ticks", "3", "--probes", "null", "--threads", "3"], "with 1 threads a cell, not 3"),
        (["a", "seed=1"], "a is a study: go on with it by `streamsim resume a`"),
    ):
        capsys.readouterr()
        assert main("sweep", *line, "--out", "a") == 2
        assert sentence in capsys.readouterr().err
    assert sorted(Path("a").rglob("*")) == before
    assert main("resume", "a", "--ticks", "9") == 2
    assert "--ticks is for runs, and a is a study" in capsys.readouterr().err
    assert main("sweep", "toy.yaml", "seed=1") == 2
    assert "give the folder of the study: --out studies/NAME" in capsys.readouterr().err
    assert main("status", ".") == 2
    assert ". holds no study (there is no study.yaml)" in capsys.readouterr().err


def test_settings_that_come_to_the_same_are_the_same_study(place, capsys):
    assert sweep("seed=0", "--probes", "null") == 0
    assert sweep("seed=0,1", "--probes", "null", "--ticks", "60", "--agent.rate", "1e-2") == 0
    assert len(times()) == 2
    assert sweep("seed=0,1", "agent.rate=0.01", "--probes", "null") == 0
    assert len(times()) == 2
    # what was fixed may not vary
    assert sweep("seed=0", "probes=null") == 2
    assert "a holds a study in which probes is null, not as the preset has it" in capsys.readouterr().err


def test_a_study_does_not_grow_by_what_cannot_be_compared(place, capsys):
    assert sweep("seed=0", "--ticks", "3", "--probes", "null") == 0
    text = Path("toy.yaml").read_text()
    Path("toy.yaml").write_text(text.replace("metrics_every: 7", "metrics_every: 5"))
    assert sweep("seed=0,1", "--ticks", "3", "--probes", "null") == 2
    assert "toy.yaml is not what it was when the study in a was begun" in capsys.readouterr().err
    assert main("resume", "a") == 0
    Path("toy.yaml").write_text(f"# a remark\n{text}")
    assert sweep("seed=0,1", "--ticks", "3", "--probes", "null") == 0
    assert len(times()) == 2


def test_cells_that_do_not_fit_into_memory_together_are_told_before_they_start(place, capsys, monkeypatch):
    monkeypatch.setattr("streamsim.studies.rehearsal.physical", lambda: 20_000)
    line = ("seed=0,1,2", "--ticks", "3", "--probes", "null")
    assert sweep(*line) == 2
    said = capsys.readouterr().err
    assert re.search(r"2 cells at once would take 28.\d kB of memory and more, and this machine has 20 kB: ", said)
    assert not Path("a").exists()
    assert sweep(*line, jobs="1") == 0


def test_nothing_is_written_through_links(place, capsys):
    assert sweep("seed=0", "--ticks", "3", "--probes", "null") == 0
    mine = Path("mine")
    mine.mkdir()
    shutil.move("a/cells", "cells")
    Path("a/cells").symlink_to("../mine")
    for line in (["resume", "a"], ["report", "a"], ["status", "a"]):
        capsys.readouterr()
        assert main(*line) == 2
        assert "a/cells is a link, and none is followed" in capsys.readouterr().err
    assert not list(mine.iterdir())


def test_a_full_disk_is_told_in_a_sentence(place, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "a/study.yaml")

    monkeypatch.setattr("streamsim.storage.directory.os.replace", full)
    assert sweep("seed=0", "--ticks", "3") == 2
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert "repeat the command" in said
