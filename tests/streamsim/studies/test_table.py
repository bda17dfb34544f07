"""The table of a study, as a data frame and as Parquet, and what it says of damage."""

import csv
import importlib
import io
import sys
from pathlib import Path

import pytest

import streamsim
from streamsim import cli
from streamsim.contracts import ConfigurationError, RunFolderError
from streamsim.studies.parquet import in_parquet, of_one_kind
from streamsim.studies.study import Study
from streamsim.studies.table import table_of
from streamsim.studies.varied import order_of, setting_in, short

TREE = {
    "agent": {
        "Learner": {
            "rule": {"CLAPP": {"grid": 1, "homeostasis": {"ticks": 100.0}}},
            "contrasts": [{"OwnMemory": {"lags": [1, 2]}}],
            "order": "InOrder",
        }
    },
    "probes": None,
    "health": True,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("agent.rule.grid", 1),
        ("agent.rule.homeostasis.ticks", 100.0),
        ("agent.rule", "CLAPP"),
        ("agent.contrasts.0.lags", "[1, 2]"),
        ("agent.contrasts.1.lags", None),
        ("agent.order", "InOrder"),
        ("probes", None),
        ("health", True),
        ("agent.nothing", None),
    ],
)
def test_settings_are_found_by_their_dotted_names(name, value):
    assert short(setting_in(TREE, name), None) == value


def test_a_part_is_called_as_the_user_called_it():
    assert short(setting_in(TREE, "agent.rule"), "{CLAPP: {grid: 1}}") == "{CLAPP: {grid: 1}}"
    assert short(1, "0x1") == 1


def test_rows_are_sorted_by_size_and_not_by_letters():
    values = [10, None, 2, "b", 1.5, "a", True]
    found = sorted(values, key=lambda value: order_of({"x": value}))
    assert found == [True, 1.5, 2, 10, "a", "b", None]


@pytest.fixture
def study(place):
    """A small study that is finished."""
    line = ("sweep", "toy.yaml", "seed=0,1", "gaze=FixedFixation,BernoulliSaccades", "--ticks", "4", "--out", "a")
    assert cli.main([*line, "--jobs", "2", "--threads", "1"]) == 0
    return Path("a")


def test_the_table_is_whole_whatever_is_damaged(study, capsys):
    first, second, third, _ = sorted(study.glob("cells/*"))
    with (first / "probes.jsonl").open("a") as file:
        file.write('{"tick": 4, "prob\n')
    (second / "summary.json").write_text('{"digest"')
    (third / "config.yaml").write_text("seed: [1")
    (study / "cells" / "0123456789ab").mkdir()
    (study / "cells" / "notes").mkdir()
    capsys.readouterr()
    assert cli.main(["report", "a"]) == 0
    said = capsys.readouterr().err
    assert f"the table is without a cell: {first}/probes.jsonl" in said
    assert f"{third} is damaged: {third}/config.yaml is not valid YAML" in said
    with (study / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["cell"] for row in rows}) == 1
    assert cli.main(["status", "a"]) == 0
    assert "3 finished, 1 begun" in capsys.readouterr().out
    # what can be mended is; the rest ends nothing
    (third / "summary.json").unlink()
    assert cli.main(["resume", "a", "--jobs", "2"]) == 2
    assert (
        f"1 of 4 cells failed, such as {third.name}: {third}/config.yaml is not valid YAML" in capsys.readouterr().err
    )
    assert (second / "summary.json").read_text().endswith("}\n")


def test_what_is_no_study_is_told(study):
    (study / "study.yaml").write_text("preset: [")
    with pytest.raises(RunFolderError, match=r"the study in a is damaged: a/study\.yaml is not valid YAML"):
        Study(study).plan()
    with pytest.raises(RunFolderError, match="nowhere holds no study"):
        streamsim.study("nowhere")


def test_a_data_frame_holds_the_table(study, monkeypatch):
    pandas = type(sys)("pandas")
    pandas.DataFrame = dict
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    frame = streamsim.study(study)
    table = table_of(Study(study), ["seed", "gaze"])
    assert tuple(frame) == table.columns
    assert frame["seed"] == [row["seed"] for row in table.rows]
    assert frame["negatives_of_the_same_object"][0] is None


def test_without_pandas_a_sentence_says_what_to_do(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'streamsim\[studies\]', or read a/table.csv"):
        streamsim.study(study)


def test_parquet_holds_what_the_csv_holds(study):
    arrow = pytest.importorskip("pyarrow.parquet")
    table = table_of(Study(study), ["seed", "gaze"])
    found = arrow.read_table(io.BytesIO(in_parquet(table))).to_pydict()
    assert tuple(found) == table.columns
    assert found == table.by_column()
    pandas = importlib.import_module("pandas")
    assert streamsim.study(study).equals(pandas.DataFrame(table.by_column()))


def test_columns_are_of_one_kind():
    assert of_one_kind([1, 2.5, None]) == [1.0, 2.5, None]
    assert of_one_kind([1, 2]) == [1, 2]
    assert of_one_kind([1, "a", None, True]) == ["1", "a", None, "true"]
    assert of_one_kind([True, False]) == [True, False]
    assert of_one_kind([None]) == [None]
