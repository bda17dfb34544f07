"""Configurations: presets, files, overrides, and one sentence per mistake."""

import errno
import pathlib

import pytest

from streamsim.config.load import configure
from streamsim.contracts.errors import ConfigurationError, StreamsimError
from streamsim.simulation.gaze import FixedFixation, ScriptedSaccades

from .. import toys
from ..stranger import install
from ..toy_runs import toy


def test_defaults_are_filled_in(tmp_path):
    tree = toy(tmp_path).tree
    assert tree["gaze"] == {"class_path": "BernoulliSaccades", "init_args": {"saccade_probability": 0.2}}
    assert tree["agent"]["init_args"] == {"rate": 0.02, "momentum": 0.9}
    assert tree["device"] == "cpu"


def test_the_written_configuration_means_the_same(tmp_path):
    first = toy(tmp_path, **{"gaze": "scripted-saccades", "gaze.ticks": "[1, 2]", "environment.length": "5"})
    (tmp_path / "again.yaml").write_text(first.text())
    again = configure(tmp_path / "again.yaml")
    assert again.tree == first.tree
    one, other = first.experiment.build(), again.experiment.build()
    one.run(20)
    other.run(20)
    assert one.digest() == other.digest()


def test_overrides_go_through_init_args_unnamed(tmp_path):
    tree = toy(tmp_path, **{"agent.rate": "0.1", "gaze.init_args.saccade_probability": "0.5"}).tree
    assert tree["agent"]["init_args"] == {"rate": 0.1, "momentum": 0.9}
    assert tree["gaze"]["init_args"]["saccade_probability"] == 0.5


SPELLINGS = (
    "FixedFixation",
    "fixed-fixation",
    "fixed_fixation",
    "streamsim.FixedFixation",
    "streamsim:FixedFixation",
    "streamsim.simulation.gaze.FixedFixation",
)


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_class_drops_the_arguments_of_the_first(tmp_path, name):
    changes = {"gaze.length": "3", "gaze": name}  # in this order too
    found = toy(tmp_path, **changes)
    assert isinstance(found.experiment.gaze, FixedFixation)
    assert found.experiment.gaze.length == 3
    assert found.tree["gaze"]["class_path"] == "FixedFixation"  # as it is registered, whatever was given


def test_a_class_path_alone_drops_the_arguments_too(tmp_path):
    (tmp_path / "hazard.yaml").write_text(toy(tmp_path, **{"gaze.saccade_probability": "0.3"}).text())
    changed = configure(tmp_path / "hazard.yaml", {"gaze.class_path": "FixedFixation", "gaze.length": "3"})
    assert changed.tree["gaze"]["init_args"] == {"length": 3, "staggered": True}
    same = configure(tmp_path / "hazard.yaml", {"gaze.class_path": "streamsim.BernoulliSaccades"})
    assert same.tree["gaze"]["init_args"] == {"saccade_probability": 0.3}


def test_a_class_may_come_as_yaml(tmp_path):
    gaze = toy(tmp_path, gaze="{class_path: ScriptedSaccades, init_args: {ticks: [3], period: 5}}").experiment.gaze
    assert isinstance(gaze, ScriptedSaccades)
    assert gaze.period == 5


def test_null_takes_an_optional_part_away(tmp_path):
    assert toy(tmp_path, probes="null").experiment.probes is None
    assert toy(tmp_path, **{"environment.length": "null"}).experiment.environment.length is None


def test_a_gaze_taken_away_is_the_default_one_and_written(tmp_path):
    """Or a resumed run would change with the default."""
    for nothing in (None, "null"):
        assert toy(tmp_path, gaze=nothing, efference=nothing).tree == toy(tmp_path).tree


def test_several_senses_may_come_from_the_command_line_alone(tmp_path):
    (tmp_path / "bare.yaml").write_text("streams: 2")
    found = configure(tmp_path / "bare.yaml", {"pathways.eye.environment": WORLD, "pathways.eye.agent": LEARNER})
    assert list(found.experiment.senses) == ["eye"]
    assert found.tree["pathways"]["eye"]["init_args"]["gaze"]["class_path"] == "BernoulliSaccades"


def test_lists_of_parts_are_built_and_reached_by_number(tmp_path):
    probes = "[{class_path: LinearProbe}, {class_path: NearestNeighbours, init_args: {neighbours: 3}}]"
    probes = toy(tmp_path, **{"probes.probes": probes, "probes.probes.1.neighbours": "5"}).experiment.probes.probes
    assert [p.name for p in probes] == ["linear", "nearest neighbours"]
    assert probes[1].neighbours == 5


@pytest.mark.parametrize("text", ["{class_path: BernoulliSaccades", "[1", "[1]", "5", ""])
def test_text_that_is_no_class(tmp_path, text):
    with pytest.raises(ConfigurationError, match=r"^gaze[ :]"):
        toy(tmp_path, gaze=text)


def test_a_strangers_preset(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch)
    configuration = configure("strange", {"environment.side": "5"})
    assert configuration.name == "strange"
    assert configuration.experiment.environment.sensor.shape == (1, 5, 5)


WORLD = f"{toys.__name__}.CountingWorld"
LEARNER = f"{toys.__name__}.LinearLearner"
MISTAKES = {
    "unknown setting": ({"stream": "2"}, "stream is not a setting: did you mean streams?"),
    "unknown nested": (
        {"gaze.sacade_probability": "0.3"},
        "gaze.sacade_probability is not an option of BernoulliSaccades: did you mean gaze.saccade_probability?",
    ),
    "option of another class": (
        {"gaze.length": "3"},
        "gaze.length is not an option of BernoulliSaccades: choose among gaze.saccade_probability",
    ),
    "unknown world": (
        {"environment": "stl11"},
        "environment 'stl11' is not known (nor a class path): did you mean STL10?",
    ),
    "unknown gaze": (
        {"gaze": "BernouliSaccades"},
        "gaze 'BernouliSaccades' is not known (nor a class path): did you mean BernoulliSaccades?",
    ),
    "wrong kind": (
        {"environment": "streamsim.BernoulliSaccades"},
        "environment must be a kind of Environment, which BernoulliSaccades",
    ),
    "abstract": (
        {"gaze": "streamsim.Gaze"},
        "gaze cannot be the abstract Gaze: choose among BernoulliSaccades, FixedFixation",
    ),
    "no module": ({"agent": "nowhere.Agent"}, "cannot import 'nowhere.Agent': there is no module 'nowhere'"),
    "wrong type": ({"streams": "abc"}, "streams must be a whole number (got 'abc')"),
    "fraction": ({"streams": "1.5"}, "streams must be a whole number (got '1.5')"),
    "null": ({"streams": None}, "streams must be a whole number (got None)"),
    "nested type": ({"agent.rate": "fast"}, "agent.rate must be a number (got 'fast')"),
    "or null": ({"environment.length": "x"}, "environment.length must be a whole number or null (got 'x')"),
    "list": (
        {"gaze": "ScriptedSaccades", "gaze.ticks": "[1, a]"},
        "gaze.ticks must be a list, each element a whole number",
    ),
    "required": (
        {"gaze": "ScriptedSaccades"},
        "ScriptedSaccades needs gaze.ticks: give --gaze.ticks with a list, each element a whole",
    ),
    "range": (
        {"gaze.saccade_probability": "3"},
        "BernoulliSaccades.saccade_probability must lie between 0 and 1 (got 3.0)",
    ),
    "range of the run": ({"ticks": "0"}, "ticks must be at least 1 (got 0)"),
    "no parts": ({"device.index": "1"}, "device must be text"),
    "device": ({"device": "cuad"}, "device 'cuad' is not known: use cpu, cuda or cuda:N"),
}


@pytest.mark.parametrize(("settings", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_in_a_sentence(tmp_path, settings, sentence):
    with pytest.raises(ConfigurationError) as caught:
        toy(tmp_path, **settings).experiment.build()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [1", "is not valid YAML at line"),
        ("- 1", "must hold settings by name"),
        (
            "agent: learner",
            "Experiment needs environment: give --environment with the name of a world, or name several senses",
        ),
        ("\x00", "characters that text cannot hold"),
    ],
)
def test_files_that_are_no_configuration(tmp_path, text, sentence):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(StreamsimError, match=sentence):
        configure(tmp_path / "bad.yaml")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("strang", "preset 'strang' is not known: did you mean strange?"),
        ("nowhere/file.yaml", "there is no configuration file nowhere/file.yaml"),
        ("some/strange", "some/strange is neither a file nor a preset: did you mean strange?"),
        ("odd/stranger-stil", "odd/stranger-stil is neither a file nor a preset: did you mean odd/stranger-still?"),
    ],
)
def test_sources_that_do_not_exist(tmp_path, monkeypatch, source, sentence):
    install(tmp_path, monkeypatch)
    with pytest.raises(ConfigurationError) as caught:
        configure(source)
    assert sentence in str(caught.value)


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "latin.yaml").write_bytes(b"ticks: 1\n# caf\xe9\n")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "locked.yaml").write_text("ticks: 1")
    monkeypatch.chdir(tmp_path)
    for source, sentence in {
        "latin.yaml": "latin.yaml is not text in UTF-8 at line 2: save it in that encoding",
        "folder.yaml": "folder.yaml is a folder: give a configuration file in it, or a preset",
        str(tmp_path / "folder"): "is a folder",
        "folder": "folder is a folder",
        "x" * 300: "cannot be read: File name too long; check the path",
    }.items():
        with pytest.raises(ConfigurationError, match=sentence):
            configure(source)

    def denied(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "read_text", denied)
    with pytest.raises(ConfigurationError, match=r"locked\.yaml cannot be read: Permission denied"):
        configure("locked.yaml")


def test_a_folder_does_not_hide_a_preset_of_its_name(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch)
    (tmp_path / "strange").mkdir()
    monkeypatch.chdir(tmp_path)
    assert configure("strange").name == "strange"


SENSES = {
    "a list": ("pathways: [1]", {}, "pathways must be settings by name, each a Sense (got [1])"),
    "a list and more": ("pathways: [1]", {"pathways.0.gaze": "FixedFixation"}, "pathways must be settings by name"),
    "a number": ("pathways: 5", {}, "pathways must be settings by name, each a Sense (got 5)"),
    "numbers": ("pathways: {eye: 1}", {}, "pathways.eye must be the name of a class or its settings (got 1)"),
}


@pytest.mark.parametrize(("text", "settings", "sentence"), SENSES.values(), ids=SENSES)
def test_pathways_that_are_none(tmp_path, text, settings, sentence):
    (tmp_path / "senses.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        configure(tmp_path / "senses.yaml", settings)
    assert sentence in str(caught.value)
    assert "beside" not in str(caught.value)


def test_names_of_senses_are_short_enough_for_names_of_files(tmp_path):
    sense = f"{{environment: {WORLD}, agent: {LEARNER}}}"
    for name, fits in (("x" * 100, True), ("x" * 101, False), ("é" * 51, False)):
        (tmp_path / "senses.yaml").write_text(f"pathways: {{{name}: {sense}}}")
        if fits:
            assert list(configure(tmp_path / "senses.yaml").experiment.senses) == [name]
        else:
            with pytest.raises(ConfigurationError, match="pathways must have names of at most 100 letters"):
                configure(tmp_path / "senses.yaml")
