"""Defaults are parts like any other: they tell what they were made from and are written down in full."""

import inspect

import pytest

from streamsim.agents import ContrastiveHinge, Conv, MaxPool, OwnMemory, SmallEncoder
from streamsim.config import Experiment, Sense, changed, complete, configure, entries, import_class, kinds, resolve_call
from streamsim.config.load import read
from streamsim.config.parts import bases_in, collection_in, described, parameters
from streamsim.config.registry import presets
from streamsim.contracts import ConfigurationError
from streamsim.environments import AutomaticDecoder, Gymnasium, Observations, PhonesOrSpeakers, Speech, Video

from ..toy_runs import toy
from ..toys import LinearLearner

ROOTS = {
    "clapp-librispeech": ("environment.root",),
    "clapp-librispeech-eprop": ("environment.root",),
    "clapp-librispeech-small": ("environment.corpus.root",),
    "clapp-librispeech-eprop-small": ("environment.corpus.root",),
    "clapp-stl10": ("environment.root",),
    "clapp-ucf101": ("environment.root",),
    "clapp-ucf101-small": ("environment.root",),
    "eye-and-ear": ("pathways.eye.environment.root", "pathways.ear.environment.corpus.root"),
}

# what a class asks for that has no default, so that one can be made for a test
NEEDED = {
    "CausalConv": {"channels": 2, "kernel": 3},
    "Conv": {"channels": 2},
    "Encoder": {"layers": [Conv(2, pool=MaxPool(3, 2))]},
    "Greedy": {"ticks": 3},
    "Linear": {"units": 2},
    "LinearDecay": {"updates": 8},
    "Modules": {"sizes": [1]},
    "ScriptedSaccades": {"ticks": [3, 5]},
    "Slurm": {"cluster": "local"},
    "Supervised": {"classes": 3},
    "Window": {"layer": Conv(2), "frames": 3},
}

# these read files or remember what they saw, so that none of them is a default
READERS = {"environments", "agents", "sources", "clips", "corpora", "instruments"}


def filled(name, tree):
    """Return all settings of a preset whose recordings lie somewhere; nothing is made, so that nobody looks."""
    for key in ROOTS.get(name, ()):
        tree = changed(Experiment, tree, key.split("."), "somewhere")
    return complete(tree)


def parts_of(node, path=""):
    """Yield path, class and settings of every part in a full configuration."""
    if isinstance(node, dict) and "class_path" in node:
        yield path, node["class_path"], node["init_args"]
        yield from parts_of(node["init_args"], path)
    elif isinstance(node, dict):
        for name, inner in node.items():
            yield from parts_of(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from parts_of(inner, f"{path}.{number}")


def class_called(name):
    """Return the class of a full configuration, which names it by its short name or its path."""
    if "." in name:
        return import_class(name)
    return import_class(next(entries(kind)[name].value for kind in kinds()[:-1] if name in entries(kind)))


def about(chosen, name):
    """Return what the docstring of a class says of an argument."""
    lines = iter((inspect.getdoc(chosen) or "").splitlines())
    for line in lines:
        if line.startswith(f"    {name}: "):
            said = [line]
            for more in lines:
                if not more.startswith("        "):
                    break
                said.append(more)
            return " ".join(said)
    return ""


@pytest.mark.parametrize("name", sorted(presets()))
def test_a_full_configuration_holds_no_null_that_stands_for_a_default(name):
    tree = filled(name, read(name)[1])
    parts = [*parts_of(tree), ("", "streamsim.config.Experiment", tree)]
    assert len(parts) > 10
    nulls = [(path, called, n) for path, called, settings in parts for n, v in settings.items() if v is None]
    for path, called, setting in nulls:
        said = about(class_called(called), setting)
        assert "None" in said or "null" in said, f"{path}.{setting} is null, and {called} does not say what that means"


@pytest.mark.parametrize("name", sorted(presets()))
def test_a_full_configuration_names_every_setting(name):
    for path, called, settings in parts_of(filled(name, read(name)[1])):
        assert list(settings) == list(parameters(class_called(called))), path


@pytest.mark.parametrize("kind", sorted(set(kinds()) - READERS - {"presets"}))
def test_what_can_be_a_default_tells_what_it_was_made_from(kind):
    for name, entry in entries(kind).items():
        chosen = entry.load()
        assert_round_trip(chosen(**NEEDED.get(name, {})))


def defaults():
    """Yield every part that is a default of something registered, of an experiment, or of such a part."""
    kinds_ = (kind for kind in kinds() if kind != "presets")
    pending = [Experiment, Sense, *(e.load() for kind in kinds_ for e in entries(kind).values())]
    for chosen in pending:
        for parameter in parameters(chosen).values():
            given = parameter.default
            if collection_in(parameter.annotation) is not None:
                found = list(given) if isinstance(given, (list, tuple)) else []
            else:
                found = [given] if isinstance(given, bases_in(parameter.annotation, given)) else []
            for part in found:
                yield part
                pending += [type(part)] if type(part) not in pending else []


def test_every_default_tells_what_it_was_made_from():
    found = list(defaults())
    assert {"SmallEncoder", "OwnMemory", "Warp", "RandomCrop", "AutomaticDecoder"} <= {type(p).__name__ for p in found}
    for part in found:
        assert_round_trip(part)


def assert_round_trip(part):
    first = resolve_call(type(part), described(part), "part")
    again = resolve_call(type(part), described(first.make()), "part")
    assert again.plain == first.plain
    assert list(first.plain) == [n for n in parameters(type(part)) if n in first.plain]


def test_defaults_are_described_with_what_they_were_given():
    part = OwnMemory((1, 2), negative=0.5)
    assert described(part) == {"lags": (1, 2), "positive": 1.0, "negative": 0.5, "balanced": False, "expected": False}
    assert described(ContrastiveHinge(width=5))["width"] == 5
    assert described(SmallEncoder((3, 4)))["channels"] == (3, 4)


def test_what_depends_on_the_machine_or_the_data_is_a_part_of_its_own():
    assert isinstance(parameters(Video)["decoder"].default, AutomaticDecoder)
    assert isinstance(parameters(Speech)["labels"].default, PhonesOrSpeakers)
    assert isinstance(parameters(Gymnasium)["view"].default, Observations)


class Thing:
    """A part that forgets.

    Args:
        size: what it forgets.
    """

    def __init__(self, size: int = 3) -> None:
        self.area = size**2


class Owner:
    """Has a part that forgets.

    Args:
        thing: the part.
    """

    def __init__(self, thing: Thing = Thing()) -> None:
        self.thing = thing


def test_a_default_that_forgets_is_told_in_a_sentence():
    sentence = "Thing is a default and cannot be written down: let it keep its argument size as self.size"
    with pytest.raises(ConfigurationError, match=sentence):
        resolve_call(Owner, {}, "owner")
    assert resolve_call(Owner, {"thing": {"size": 2}}, "owner").make().thing.area == 4


def test_a_default_that_changes_does_not_change_what_was_written(tmp_path, monkeypatch):
    before = toy(tmp_path)
    (tmp_path / "config.yaml").write_text(before.text())
    monkeypatch.setattr(LinearLearner.__init__, "__defaults__", (0.01, 0.5))
    assert toy(tmp_path).experiment.agent.momentum == 0.5
    assert configure(tmp_path / "config.yaml").experiment.agent.momentum == 0.9
