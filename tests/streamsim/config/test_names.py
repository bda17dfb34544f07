"""Names that outlive a move of files: registered ones, and public paths."""

import importlib
import sys

import pytest
import yaml

from streamsim.config import configure
from streamsim.config.names import public_path
from streamsim.contracts import ConfigurationError
from streamsim.launch import again, start
from streamsim.simulation import BernoulliSaccades, FixedFixation

from .. import toys
from ..stranger import install
from ..toy_runs import TOY, toy

MODULE = """
from {toys} import CountingWorld

class Moved(CountingWorld):
    '''A world that is moved.'''

class Hidden(CountingWorld):
    '''A world that its package does not hand out.'''
"""


def package(folder, monkeypatch, file):
    """Write a package whose classes lie in *file*, or lie there now."""
    home = folder / "moving_package"
    (home / "inner").mkdir(parents=True, exist_ok=True)
    for old in home.rglob("*.py"):
        old.unlink()
    (home / file).write_text(MODULE.format(toys=toys.__name__))
    (home / "inner" / "__init__.py").write_text("")
    name = file.removesuffix(".py").replace("/", ".")
    (home / "__init__.py").write_text(f"from .{name} import Moved\n__all__ = ['Moved']\n")
    monkeypatch.syspath_prepend(str(folder))
    for module in [m for m in sys.modules if m.partition(".")[0] == "moving_package"]:
        del sys.modules[module]
    importlib.invalidate_caches()


def settings(folder, world):
    """Return a configuration file with this *world*."""
    (folder / "moving.yaml").write_text(yaml.safe_dump({**TOY, "environment": world}))
    return folder / "moving.yaml"


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for module in [m for m in sys.modules if m.partition(".")[0] == "moving_package"]:
        del sys.modules[module]


@pytest.mark.parametrize("given", ["moving_package.Moved", "moving_package.first.Moved", "moving_package.first:Moved"])
def test_a_class_is_called_by_the_package_that_hands_it_out(tmp_path, monkeypatch, given):
    package(tmp_path, monkeypatch, "first.py")
    found = configure(settings(tmp_path, given))
    assert found.tree["environment"]["class_path"] == "moving_package.Moved"
    assert public_path(type(found.experiment.environment)) == "moving_package.Moved"


def test_a_class_that_no_package_hands_out_is_called_as_it_was_given(tmp_path, monkeypatch):
    package(tmp_path, monkeypatch, "first.py")
    found = configure(settings(tmp_path, "moving_package.first:Hidden"))
    assert found.tree["environment"]["class_path"] == "moving_package.first.Hidden"


def test_a_class_moved_to_another_file_breaks_no_run(tmp_path, monkeypatch):
    package(tmp_path, monkeypatch, "first.py")
    before = configure(settings(tmp_path, "moving_package.first.Moved"), {"ticks": 40})
    start(before, tmp_path / "run", [], tensorboard=False)
    package(tmp_path, monkeypatch, "inner/second.py")
    after = configure(tmp_path / "run" / "config.yaml")
    assert type(after.experiment.environment).__module__ == "moving_package.inner.second"
    assert after.tree == before.tree
    assert again(tmp_path / "run", "60", tensorboard=False).ending.finished
    whole = configure(settings(tmp_path, "moving_package.Moved"), {"ticks": 60}).experiment.build()
    whole.run(60)
    resumed = yaml.safe_load((tmp_path / "run" / "summary.json").read_text())
    assert resumed["digest"] == whole.digest()


def test_registered_names_come_first(tmp_path):
    found = configure(settings(tmp_path, f"{toys.__name__}.CountingWorld"), {"gaze": "streamsim.FixedFixation"})
    assert found.tree["gaze"]["class_path"] == "FixedFixation"
    assert public_path(FixedFixation) == "streamsim.FixedFixation"
    assert found.tree["probes"]["class_path"] == "streamsim.evaluation.ProbeProtocol"


def test_a_stranger_registers_a_rule_and_an_instrument(tmp_path, monkeypatch):
    install(tmp_path, monkeypatch)
    for rule in ("strange-rule", "StrangeRule", "stranger_package.StrangersRule", "stranger_package.before.OldRule"):
        found = configure("foreign-rule", {"agent.rule": rule, "agent.rule.radius": "1.25", "instruments": "[]"})
        assert found.tree["agent"]["init_args"]["rule"] == {"class_path": "strange-rule", "init_args": {"radius": 1.25}}
    counters = configure("strange", {"instruments": "[strange-counter, {strange_counter: {step: 2}}]"})
    assert [i.step for i in counters.experiment.instruments] == [1, 2]
    assert "- strange-counter: {step: 2}" in counters.text() or "{strange-counter: {step: 2}}" in counters.text()
    with pytest.raises(ConfigurationError, match="did you mean strange-rule"):
        configure("foreign-rule", {"agent.rule": "strange-rules"})


def test_a_name_that_two_packages_use_is_refused(tmp_path):
    class Shiny(BernoulliSaccades):
        """One."""

    one = Shiny

    class Shiny(BernoulliSaccades):
        """Another."""

    one.__qualname__, Shiny.__qualname__ = "Shiny", "Other.Shiny"
    one.__module__, Shiny.__module__ = "first_package", "second_package"
    with pytest.raises(ConfigurationError, match="'Shiny' is the name of several classes: give one of first_package"):
        toy(tmp_path, gaze="Shiny")


def test_naming_the_class_that_is_there_keeps_its_settings():
    tree = configure("hinge-objects3d", {"agent.optimiser": "Adam", "agent.contrasts": "null"}).tree
    learner = tree["agent"]["init_args"]
    assert learner["optimiser"]["init_args"]["learning_rate"] == 3e-4
    assert learner["contrasts"] is not None


def test_a_class_that_lacks_methods_is_told_which(tmp_path, monkeypatch):
    (tmp_path / "half_package.py").write_text("from streamsim import Gaze\nclass Half(Gaze):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match="gaze: Half lacks decide, reset: define them in the class"):
        toy(tmp_path, gaze="half_package.Half")
