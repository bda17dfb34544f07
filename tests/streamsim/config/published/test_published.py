"""Tables of papers: how rows become settings, how they are listed, and one sentence for each mistake."""

import sys

import pytest
import yaml

from streamsim.config import configure, listed, outline
from streamsim.config.published.reading import table_in
from streamsim.contracts import ConfigurationError

from ... import toys
from ...toy_tables import TABLE, install


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A registered table, in a folder to stand in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "toys", toys)
    install(tmp_path, monkeypatch)


def chosen(source, **settings):
    tree = configure(source, settings).tree
    agent = tree["agent"]["init_args"]
    return agent["rate"], agent["momentum"], tree["ticks"], tree["streams"]


def test_a_row_is_the_base_changed_by_scale_parts_and_what_it_has_of_its_own(table):
    assert chosen("toy-table/slow") == (0.02, 0.9, 20, 2)
    assert chosen("toy-table/fast") == (0.05, 0.5, 20, 2)
    assert chosen("toy-table/fast", scale="long") == (0.06, 0.6, 40, 2)
    assert chosen("toy-table/own") == (0.02, 0.7, 20, 3)
    assert chosen("toy-table/own", scale="long") == (0.06, 0.7, 40, 2)
    assert chosen("toy-table/own", **{"agent.momentum": 0.1, "ticks": 7}) == (0.02, 0.1, 7, 3)


def test_a_row_may_be_a_setting_of_its_table(table):
    alone, chosen = configure("toy-table/fast"), configure("toy-table", {"row": "fast", "scale": "short"})
    assert (alone.name, alone.text()) == (chosen.name, chosen.text()) == ("toy-table/fast", alone.text())
    assert outline("toy-table")[0] == "toy-table"  # what all rows share can be looked at
    assert {"streams", "agent.rate"} <= {s.name for part in outline("toy-table/fast")[1] for s in part.settings}


def test_a_preset_or_a_file_of_that_name_is_no_table(table, tmp_path):
    (tmp_path / "toy-table").write_text(yaml.safe_dump({**yaml.safe_load(TABLE)["base"], "ticks": 3}))
    assert configure("toy-table").tree["ticks"] == 3
    with pytest.raises(ConfigurationError, match="row is not a setting"):
        configure("default", {"row": "fast"})


MISTAKES = {
    "no row": ("toy-table", {}, "toy-table is a table of 3 rows: name one of them, such as toy-table/slow"),
    "row": ("toy-table/fats", {}, "toy-table has no row 'fats': did you mean fast?"),
    "row as a setting": ("toy-table", {"row": "fats"}, "toy-table has no row 'fats': did you mean fast?"),
    "two rows": ("toy-table/fast", {"row": "slow"}, "toy-table/fast names its row already"),
    "scale": ("toy-table/fast", {"scale": "shrot"}, "toy-table has no scale 'shrot': did you mean short?"),
    "table": ("toy-tabel", {}, "preset 'toy-tabel' is not known: did you mean toy-table?"),
    "table of a row": ("toy-tabel/fast", {}, "toy-tabel/fast is neither a file nor a preset: did you mean toy-table?"),
    "setting": ("toy-table/fast", {"agent.momentun": 1}, "did you mean agent.momentum?"),
}


@pytest.mark.parametrize(("source", "settings", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_in_a_sentence(table, source, settings, sentence):
    with pytest.raises(ConfigurationError) as told:
        configure(source, settings)
    assert sentence in str(told.value)


def test_a_table_is_listed_in_a_line_and_its_rows_when_asked_for(table):
    rows = {name: (where, what) for name, where, what in listed("presets")}
    where, what = rows["toy-table/ROW"]
    assert where == "tables/toy-table.yaml"
    assert what.startswith("Nobody 2000, Table 1: 3 rows at the scales short, long, real, needs Patterns; ")
    assert not any(name.startswith(("toy-table/f", "tables/")) for name in rows)
    (head, *_), *own = listed("presets", ["toy-table"])
    assert head == "toy-table"
    assert own == [
        ("toy-table/slow", "published 40.5 %", "alone: Slow learner."),
        ("toy-table/fast", "published 60 %", "together: Fast learner. It hurries."),
        ("toy-table/own", "not published", "Own."),
    ]
    with pytest.raises(ConfigurationError, match="'toy-tabel' is not known: did you mean toy-table"):
        list(listed("presets", ["toy-tabel"]))
    with pytest.raises(ConfigurationError, match="list takes one kind"):
        list(listed("rules", ["toy-table"]))


def test_a_table_that_cannot_be_read_is_listed_as_such_and_hides_no_other(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, broken="title: [", whole=TABLE)
    rows = {name: what for name, _, what in listed("presets")}
    assert rows["broken/ROW"].startswith("unavailable: table broken is not valid YAML at line 1")
    assert "3 rows" in rows["whole/ROW"]


WRONG = {
    "no base": ({"base": None}, "T lacks base: add it"),
    "unknown key": ({"rwos": {}}, "T has no rwos: did you mean rows?"),
    "part": ({"rows": {"a": {"parts": ["quik"]}}}, "T: row a has no part 'quik': did you mean quick?"),
    "key of a row": ({"rows": {"a": {"publisht": 3}}}, "T: row a has no publisht: did you mean published?"),
    "scale of a row": ({"rows": {"a": {"scales": {"shrt": {}}}}}, "T: row a has no shrt: did you mean short?"),
    "scale of a part": ({"parts": {"quick": {"scales": {"lng": {}}}, "lasting": {}}}, "T: part quick has no lng"),
    "number": ({"rows": {"a": {"published": "70 %"}}}, "T: row a: published must be a number of percent"),
    "settings": ({"rows": {"a": {"settings": [1]}}}, "T: row a must hold settings by name (got list)"),
    "data": ({"data": [{"name": "Patterns"}]}, "T: data lacks reader: add it"),
}


@pytest.mark.parametrize(("change", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_a_table_is_told(change, sentence):
    tree = {**yaml.safe_load(TABLE), **change}
    with pytest.raises(ConfigurationError) as told:
        table_in(tree, "toy-table", "T")
    assert sentence in str(told.value)
