"""How parts may be spelt in YAML and on the command line, and how they are written down."""

import pytest
import yaml

from streamsim.config import configure
from streamsim.contracts import ConfigurationError

from .. import toys
from ..toy_runs import toy

BASE = {
    "environment": f"{toys.__name__}.CountingWorld",
    "agent": {
        "Learner": {
            "encoder": {"SmallEncoder": {"channels": [4]}},
            "rule": {"CLAPP": {"grid": 2}},
            "contrasts": ["OwnMemory", {"PeerMemory": {"count": 1}}],
        }
    },
    "streams": 2,
    "probes": {"n_train": 30},
}


def learner(folder, overrides=None, **parts):
    """Return the configuration of a learner with some *parts* in place of those of the base."""
    path = folder / "learner.yaml"
    path.write_text(yaml.safe_dump({**BASE, "agent": {"Learner": {**BASE["agent"]["Learner"], **parts}}}))
    return configure(path, overrides)


def rule_of(configuration):
    return configuration.experiment.agent.rule


@pytest.mark.parametrize(
    "rule",
    [
        "CLAPP",
        "clapp",
        {"CLAPP": None},
        {"CLAPP": {}},
        {"streamsim.agents.CLAPP": {}},
        {"class_path": "streamsim.agents.CLAPP"},
        {"class_path": "CLAPP", "init_args": {"grid": 1}},
    ],
)
def test_a_part_is_a_name_or_a_name_with_settings(tmp_path, rule):
    assert learner(tmp_path, rule=rule).tree == learner(tmp_path, rule={"CLAPP": {"grid": 1}}).tree


def test_settings_alone_are_of_the_class_that_goes_without_saying(tmp_path):
    found = learner(tmp_path, memory={"capacity": 3}, rule={"CLAPP": {"homeostasis": {"ticks": 7}}})
    assert found.experiment.agent.memory.capacity == 3
    assert rule_of(found).homeostasis.ticks == 7
    nested = learner(
        tmp_path, memory={"policy": {"FixationAnchor": {}}}, contrasts=["LatestOwn"], rule="ContrastiveHinge"
    )
    assert type(nested.experiment.agent.memory.policy).__name__ == "FixationAnchor"


@pytest.mark.parametrize(
    "rule", ["CLAPP", {"CLAPP": {"gain": 0.5}}, {"class_path": "streamsim.agents.CLAPP", "init_args": {"gain": 0.5}}]
)
def test_overrides_go_through_every_spelling(tmp_path, rule):
    changes = {"agent.rule.grid": "2", "agent.contrasts.1.share": "0.5", "agent.contrasts.0.lags.0": "2"}
    found = learner(tmp_path, {**changes, "agent.contrasts.1.lags": "[2]"}, rule=rule)
    assert rule_of(found).grid == 2
    assert rule_of(found).gain == (1.0 if rule == "CLAPP" else 0.5)
    assert found.experiment.agent.contrasts[1].share == 0.5


def test_overrides_reach_into_defaults(tmp_path):
    found = learner(tmp_path, {"agent.optimiser.learning_rate": "0.5", "probes.readout.limit": "64"})
    assert found.experiment.agent.optimiser.learning_rate == 0.5
    assert found.experiment.probes.readout.limit == 64
    assert found.experiment.probes.n_train == 30
    homeostatic = learner(tmp_path, {"agent.rule.homeostasis.ticks": "9", "agent.rule.homeostasis.floor": "0.1"})
    assert (rule_of(homeostatic).homeostasis.ticks, rule_of(homeostatic).homeostasis.floor) == (9, 0.1)


def test_another_class_by_override_leaves_the_settings_of_the_first(tmp_path):
    short = {"agent.rule": "{ContrastiveHinge: {width: 5}}", "agent.rule.near": "0.5"}
    rule = rule_of(learner(tmp_path, short))
    assert (type(rule).__name__, rule.width(()), rule.near) == ("ContrastiveHinge", 5, 0.5)


def test_what_is_written_is_short_and_means_the_same(tmp_path):
    first = learner(tmp_path, {"gaze": "ScriptedSaccades", "gaze.ticks": "[1]"})
    text = first.text()
    assert "class_path" not in text
    assert "init_args" not in text
    for line in (
        "    encoder: {SmallEncoder: {channels: [4], gain: 1.0, activation: ReLU}}",
        "      - PeerMemory: {count: 1, lags: [1], share: 1.0, paired: false, group: 1}",
        "    retina: {GlobalContrastNorm: {epsilon: 0.01}}",
        "gaze: {ScriptedSaccades: {ticks: [1], period: null}}",
        "efference: {latency: 0, miss_rate: 0.0, false_alarm_rate: 0.0}",
    ):
        assert line in text.splitlines()
    (tmp_path / "again.yaml").write_text(text)
    again = configure(tmp_path / "again.yaml")
    assert (again.tree, again.text()) == (first.tree, text)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"CLAP": {"grid": 2}}, r"agent\.rule 'CLAP' is not known \(nor a class path\): did you mean CLAPP\?"),
        ({"grid": 2}, r"agent\.rule needs the name of its Rule: choose among .*CLAPP, .*ContrastiveHinge"),
        ({"CLAPP": {"gird": 2}}, r"agent\.rule\.gird is not an option of CLAPP: did you mean agent\.rule\.grid\?"),
        ({"CLAPP": 2}, r"agent\.rule needs the name of its Rule"),
        ({"Adam": {}}, r"agent\.rule 'Adam' is not known"),
        ({"streamsim.agents.Adam": {}}, r"agent\.rule must be a kind of Rule, which Adam is not"),
    ],
)
def test_mistakes_in_the_short_form(tmp_path, rule, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        learner(tmp_path, rule=rule)


@pytest.mark.parametrize(
    ("memory", "sentence"),
    [
        ({"capasity": 3}, r"agent\.memory\.capasity is not an option of ShortTermMemory: did you mean"),
        ({"capasity": {"a": 3}}, r"agent\.memory 'capasity' is not known"),
    ],
)
def test_mistakes_in_settings_alone(tmp_path, memory, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        learner(tmp_path, memory=memory)


def test_one_of_several_senses_is_not_taken_for_a_class(tmp_path):
    eye = {"environment": BASE["environment"], "agent": f"{toys.__name__}.LinearLearner"}
    (tmp_path / "eye.yaml").write_text(yaml.safe_dump({"pathways": {"eye": eye}}))
    found = configure(tmp_path / "eye.yaml", {"pathways.eye.gaze.saccade_probability": "0.5"})
    assert found.experiment.pathways["eye"].gaze.saccade_probability == 0.5
    written = yaml.safe_load(found.text())
    assert written["pathways"]["eye"]["gaze"] == {"BernoulliSaccades": {"saccade_probability": 0.5}}
    assert not {"environment", "agent", "gaze", "efference"} & set(written)
    assert "pathways" not in yaml.safe_load(toy(tmp_path).text())
