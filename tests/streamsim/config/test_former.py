"""Files of earlier versions: another spelling, other paths, other names, nulls in place of defaults."""

from pathlib import Path

import pytest
import yaml

from streamsim.config import Experiment, changed, complete, configure, entries, import_class
from streamsim.config.load import read

from ..toy_runs import session, toy
from .test_defaults import filled

FORMER = Path(__file__).with_name("former")


@pytest.mark.parametrize("name", ["clapp-stl10", "hinge-cifar", "eye-and-ear"])
def test_former_presets_mean_what_todays_mean(name):
    text = (FORMER / f"{name}.yaml").read_text()
    assert "class_path" in text
    assert filled(name, yaml.safe_load(text)) == filled(name, read(name)[1])


def test_what_a_former_run_wrote_means_what_it_meant():
    """With `null` for every default and for the pathways that there were not."""
    written = yaml.safe_load((FORMER / "clapp-objects3d.yaml").read_text())
    assert written["agent"]["init_args"]["schedule"] is None
    assert complete(written) == configure("clapp-objects3d-paper").tree


@pytest.mark.parametrize(
    ("setting", "former", "today"),
    [
        ("gaze", "streamsim.gaze.Hazard", "BernoulliSaccades"),
        ("gaze", "streamsim.Hazard", "BernoulliSaccades"),
        ("gaze", "Hazard", "BernoulliSaccades"),
        ("gaze", "hazard", "BernoulliSaccades"),
        ("agent.retina", "LocalContrast", "GlobalContrastNorm"),
        ("agent.retina", "streamsim.agents.retina.LocalContrast", "GlobalContrastNorm"),
        ("agent.credit", "Gathered", "DeferredCredit"),
        ("agent.credit", "streamsim.agents.Prompt", "ImmediateCredit"),
        ("agent.contrasts", "[OwnPast]", "LatestOwn"),
        ("agent", "streamsim.agents.learner.Learner", "Learner"),
        ("probes", "streamsim.examination.Examination", "streamsim.evaluation.ProbeProtocol"),
        ("probes.probes", "[{class_path: streamsim.probe.LinearProbe}]", "LinearProbe"),
        ("environment", "objects3d", "Objects3D"),
    ],
)
def test_former_names(setting, former, today):
    node = configure("hinge-objects3d", {setting: former}).tree
    for key in setting.split("."):
        node = node.get("init_args", node)[key]
    assert (node[0] if isinstance(node, list) else node)["class_path"] == today


def test_former_names_are_not_offered():
    with pytest.raises(Exception, match="did you mean GlobalContrastNorm"):
        configure("hinge-objects3d", {"agent.retina": "GlobalContrast"})


def test_every_former_name_leads_somewhere():
    assert len(entries("renamed")) > 90
    for old, entry in entries("renamed").items():
        assert import_class(old) is entry.load()


def test_a_checkpoint_of_former_settings_belongs_to_the_same_run(tmp_path):
    """What it says of the run is spelt as then, with a null for what was left to its default."""
    whole = session(tmp_path / "run", toy(tmp_path))
    assert whole.run().finished
    whole.folder.close()
    tree = toy(tmp_path).tree
    gaze = {"class_path": "streamsim.gaze.Hazard", "init_args": tree["gaze"]["init_args"]}
    tree = changed(Experiment, {**tree, "gaze": gaze, "pathways": None}, ["probes", "readout"], None)
    from streamsim.runs.revival import refuse_other

    refuse_other(tmp_path, tree, toy(tmp_path).tree)
