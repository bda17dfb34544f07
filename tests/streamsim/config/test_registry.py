"""Entry points: a stranger's package is found as the built-in ones are."""

import sys

import pytest

from streamsim.config import catalogue, configure, entries, first_sentence, kinds, registry
from streamsim.contracts.errors import ConfigurationError, suggestion

from ..stranger import install


def test_a_strangers_world_and_preset_are_found(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch)
    assert registry.entries("environments")["stranger"].value == "stranger_package:StrangersWorld"
    assert "strange" in registry.presets()
    assert ("strange", "strange.yaml", "A stranger's world.") in list(catalogue("presets"))
    odd = ("odd/stranger-still", "odd/stranger-still.yaml", "An odd stranger's world.")
    assert odd in list(catalogue("presets"))
    rows = {name: what for name, _, what in catalogue("environments")}
    assert rows["stranger"] == "Counts strangely."


def test_a_broken_plug_in_is_listed_as_such(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, world="no_such_package:World")
    rows = {name: what for name, _, what in catalogue("environments")}
    assert rows["stranger"].startswith("unavailable: cannot import 'no_such_package:World'")


SPOILT = {
    "no such package": ("no_such_package.presets", "", "there is no module 'no_such_package'"),
    "no module name": ("not a module!", "", "there is no module 'not a module!'"),
    "fails as it is imported": ("broken_presets", "1 / 0", "ZeroDivisionError"),
    "no package": ("broken_presets", "", "'broken_presets' is no package"),
    "nothing": ("", "", "cannot import ''"),
}


@pytest.mark.parametrize(("value", "text", "sentence"), SPOILT.values(), ids=SPOILT)
def test_presets_that_cannot_be_read_are_listed_as_such_and_stop_no_other(tmp_path, monkeypatch, value, text, sentence):
    install(tmp_path, monkeypatch)
    (tmp_path / "broken_presets.py").write_text(text)
    monkeypatch.delitem(sys.modules, "broken_presets", raising=False)
    with (tmp_path / "stranger-1.0.dist-info" / "entry_points.txt").open("a") as file:
        file.write(f"broken = {value}\n[streamsim.kinds]\nodd = {value}\n")
    assert {"strange", "default"} <= set(registry.presets())
    assert configure("strange").name == "strange"
    rows = {name: what for name, _, what in catalogue("presets")}
    assert rows["broken"].startswith("unavailable: ")
    assert sentence in rows["broken"]


def test_built_in_worlds_and_agents_are_registered():
    assert {"Objects3D", "STL10"} <= set(registry.entries("environments"))
    assert "Learner" in registry.entries("agents")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("no_such_module.World", "there is no module 'no_such_module'"),
        ("streamsim.simulation.BernouliSaccades", "no class 'BernouliSaccades': did you mean BernoulliSaccades?"),
        ("streamsim.contracts:generator_state", "has no class 'generator_state'"),
        *(
            (path, "is not a class path: write it as package.module:Class")
            for path in (":World", ".World", "a:", "a..B")
        ),
    ],
)
def test_unknown_classes_are_named(path, sentence):
    with pytest.raises(ConfigurationError, match=sentence.replace("?", r"\?")):
        registry.import_class(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = 1\nclass World(:\n", r"spoilt\.py, line 2: invalid syntax; correct the syntax"),
        ("\n\nimport no_such_module\n", r"spoilt\.py, line 3: No module named 'no_such_module'; correct the import"),
        ("from streamsim.simulation import Nothing\n", r"spoilt\.py, line 1: cannot import name 'Nothing'"),
        ("\n1 / 0\n", r"spoilt\.py, line 2: ZeroDivisionError: division by zero; correct what is done there"),
        ("import sys\nsys.exit('no')\n", r"spoilt\.py, line 2: SystemExit: no; correct what is done there"),
        ("raise RecursionError\n", r"spoilt\.py, line 1: RecursionError"),
    ],
)
def test_mistakes_in_a_plug_in_are_located(tmp_path, monkeypatch, text, sentence):
    (tmp_path / "spoilt.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match=sentence):
        registry.import_class("spoilt:World")


def test_both_spellings_of_a_class_path():
    assert registry.import_class("streamsim:BernoulliSaccades") is registry.import_class("streamsim.BernoulliSaccades")


def test_suggestions_ignore_case_and_dashes():
    assert suggestion("fixed-fixation", ["FixedFixation", "BernoulliSaccades"]) == "did you mean FixedFixation?"
    assert suggestion("xyz", ["b", "a"]) == "choose among a, b"


def test_a_stranger_registers_parts_and_kinds_of_its_own(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch)
    assert {"rules", "gazes", "instruments", "whiskers", "presets"} <= set(kinds())
    assert ("long", "stranger_package:LongWhisker", "Feels further than others do.") in list(catalogue("whiskers"))
    rules = {name: what for name, _, what in catalogue("rules")}
    assert rules["strange-rule"].startswith("Pulls read-outs towards what they were of the same thing")
    assert rules["CLAPP"] == "A layer predicts its own present from its remembered past, during fixations only."


def test_every_kind_lists_what_derives_from_its_class():
    assert {"rules", "encoders", "contrasts", "memories", "gazes", "retinas", "optimisers", "instruments"} <= set(
        kinds()
    )
    for kind, base in entries("kinds").items():
        assert entries(kind), kind
        for entry in entries(kind).values():
            assert issubclass(entry.load(), base.load()), entry


def test_everything_is_listed_with_a_whole_sentence():
    for kind in kinds():
        for name, _, what in catalogue(kind):
            assert what.endswith("."), f"{kind} {name}: {what}"
            assert what.count("(") == what.count(")"), f"{kind} {name}: {what}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("Runs over\nlines. More.", "Runs over lines."),
        ("As in Tang et al. (2022), and so on. More.", "As in Tang et al. (2022), and so on."),
        ("Illing et al. Use it.", "Illing et al. Use it."),
        ("No full stop", "No full stop"),
        ("Lines 1.5 apart, e.g. Five. Then", "Lines 1.5 apart, e.g. Five."),
        ("A heading\n\nA paragraph.", "A heading"),
        ("Does it? Yes.", "Does it?"),
    ],
)
def test_first_sentences(text, sentence):
    assert first_sentence(text) == sentence
