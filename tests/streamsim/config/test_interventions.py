"""Interventions told in a configuration: what they change, when, that a resumed run knows of them, what is refused."""

import os
import signal
import subprocess
import sys

import pytest
import torch

from streamsim import BernoulliSaccades, Instrument, Intervention, Pathway, Simulation
from streamsim.config import configure
from streamsim.contracts import ConfigurationError, flatten
from streamsim.environments import Objects3D
from streamsim.runs import read_summary

from ...fuzz.templates import AGENT, RUN, WORLD
from ..toys import LinearLearner

KNOBS = (
    "agent.contrasts.0.negative, agent.contrasts.0.positive, agent.memory.decay_time, agent.memory.life_time, "
    "agent.memory.noise, agent.optimiser.learning_rate, agent.rule.homeostasis.ticks, agent.rule.sharpness, "
    "agent.rule.threshold, efference.false_alarm_rate, efference.miss_rate, gaze.saccade_probability"
)
TURNED = (
    "[{at: 0.8, lesion: layer2.weight}, {at: 0.5, set: {gaze.saccade_probability: 1.0, efference.miss_rate: 0.5}},"
    " {at: 0.65, set: {agent.optimiser.learning_rate: 0.0, efference.miss_rate: 1.0}}]"
)


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.yaml").write_text(WORLD + AGENT + RUN)
    return tmp_path / "tiny.yaml"


class Log(Instrument):
    """Notes saccades, what the agent is told of them, and weights after every tick."""

    def __init__(self):
        self.saccades, self.told, self.weights = [], [], []

    def watch(self, record):
        self.saccades.append(bool(record.truth.saccade.all()))
        self.told.append(bool(record.glimpse.saccade.any()))
        layers = record.simulation.state["eye"]["agent"]["layers"]
        self.weights.append({name: layer["weight"].clone() for name, layer in layers.items()})


def built(tiny, interventions, **settings):
    log = Log()
    return configure(tiny, {"interventions": interventions, **settings}).experiment.build([log]), log


def test_knobs_are_turned_before_the_ticks_of_their_times(tiny):
    simulation, log = built(tiny, TURNED, **{"gaze.saccade_probability": 0.0})
    simulation.run(12)
    assert log.saccades == [True] + [False] * 4 + [True] * 7  # 0.1 s a tick; the first look is a saccade
    assert not any(log.told[7:])  # from 0.7 s on every saccade is missed


def test_a_learning_rate_of_0_learns_nothing_from_its_time_on(tiny):
    simulation, log = built(tiny, TURNED)
    simulation.run(12)
    first = [w["layer1"] for w in log.weights]
    assert not torch.equal(first[5], first[6]) and all(torch.equal(w, first[6]) for w in first[7:])


def test_lesioned_weights_are_0_and_stay_so_while_the_others_learn(tiny):
    simulation, log = built(tiny, "[{at: 0.8, lesion: layer2.weight}]")
    simulation.run(14)
    assert all(bool(w["layer2"].any()) == (tick < 8) for tick, w in enumerate(log.weights))
    assert not torch.equal(log.weights[12]["layer1"], log.weights[13]["layer1"])


def test_weights_of_the_rule_and_a_knob_of_one_of_several_senses(tiny):
    parts = configure(tiny).tree
    both = {name: {key: parts[key] for key in ("environment", "agent", "gaze")} for name in ("left", "right")}
    plain = tiny.with_name("two.yaml")
    plain.write_text("{streams: 2, ticks: 4}")
    asked = "[{at: 0.2, lesion: right.layer1.pred}, {at: 0.2, set: {pathways.left.gaze.saccade_probability: 0.9}}]"
    simulation = configure(plain, {"pathways": both, "interventions": asked}).experiment.build()
    simulation.run(4)
    rules = {name: simulation.state[name]["agent"]["rule"]["layer1"]["pred"] for name in both}
    assert not rules["right"].any() and rules["left"].any()
    assert [p.gaze.saccade_probability for p in simulation.pathways] == [0.9, 0.2]


@pytest.mark.parametrize("ticks", [4, 5, 6, 7, 8, 9])
def test_a_run_that_goes_on_from_any_tick_ends_alike(tiny, ticks):
    whole, _ = built(tiny, TURNED)
    whole.run(ticks)
    saved = whole.snapshot()
    whole.run(12 - ticks)
    other, _ = built(tiny, TURNED)
    other.restore(saved)
    other.run(12 - ticks)
    assert other.digest() == whole.digest()
    without, _ = built(tiny, "[]")
    without.run(12)
    assert without.digest() != whole.digest()


def test_what_an_agent_did_not_keep_before_begins_as_at_the_first_tick(tiny):
    """Noise in memory needs a generator, which a noiseless memory has none of."""
    simulation, _ = built(tiny, "[{at: 0.5, set: {agent.memory.noise: 0.5}}]")
    simulation.run(3)
    before = set(flatten(simulation.state))
    simulation.run(4)
    assert {name.rpartition(".")[2] for name in set(flatten(simulation.state)) - before} == {"generator"}


KILLED = """
import os, signal, sys
from streamsim import Instrument
class Killer(Instrument):
    def watch(self, record):
        if record.glimpse.tick == int(os.environ["KILL"]):
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_that_is_killed_around_an_intervention_ends_in_the_digest_of_the_undisturbed(tiny):
    (tiny.parent / "killer.py").write_text(KILLED)
    asked = "[{at: 13.7, set: {gaze.saccade_probability: 0.9}}, {at: 13.7, lesion: layer1.pred}]"
    often = ["--ticks", "210", "--checkpoint_every", "9", "--interventions", asked, "--instruments", "[killer.Killer]"]

    def command(kill, *line):
        environment = os.environ | {"KILL": str(kill), "OMP_NUM_THREADS": "1"}
        entry = "import sys; from streamsim.cli import main; sys.exit(main())"
        line = [sys.executable, "-c", entry, *line, "--no-report"]
        done = subprocess.run(line, cwd=tiny.parent, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == (-signal.SIGKILL if kill >= 0 else 0), done.stderr
        return done

    command(-1, "run", "tiny.yaml", *often, "--probes", "null", "--out", "whole")
    command(100, "run", "tiny.yaml", *often, "--probes", "null", "--out", "killed")
    for kill in (137, 200, -1):
        command(kill, "resume", "killed")
    digests = [read_summary(tiny.parent / name)["digest"] for name in ("whole", "killed")]
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("[{at: 1}]", "the intervention at 1.0 s does nothing: give it set with knobs and their values, or lesion"),
        ("[{at: -1, lesion: layer1.weight}]", r"Intervention.at must be 0 seconds or more \(got -1.0\)"),
        ("[{lesion: layer1.weight}]", "Intervention needs interventions.0.at"),
        ("[{at: 1, lesion: layer1.wheight}]", "'layer1.wheight' are no weights .*: did you mean layer1.weight?"),
        ("[{at: 1, lesion: layer1.mean}]", "'layer1.mean' are no weights that could be lesioned"),
        (
            "[{at: 1, set: {streams: 2}}]",
            f"at 1.0 s cannot set streams, which does not change .*: choose among {KNOBS}",
        ),
        ("[{at: 1, set: {agent.memory.capacity: 2}}]", "cannot set agent.memory.capacity, which does not change"),
        (
            "[{at: 1, set: {gaze.probability: 2}}]",
            "cannot set gaze.probability.*: did you mean gaze.saccade_probability",
        ),
        ("[{at: 1, set: {gaze.saccade_probability: 2}}]", "saccade_probability must lie between 0 and 1"),
        ("[{at: 1, set: {gaze.saccade_probability: x}}]", r"gaze.saccade_probability must be a number \(got 'x'\)"),
        ("{at: 1}", "interventions must be a list"),
        ("[{at: 1, set: 3}]", "interventions.0.set must be settings by name"),
        ("[{att: 1}]", "did you mean interventions.0.at"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_run(tiny, asked, words):
    with pytest.raises(ConfigurationError, match=words):
        built(tiny, asked)


def test_settings_need_a_configuration():
    pathway = Pathway(Objects3D(size=8), LinearLearner(), BernoulliSaccades())
    with pytest.raises(ConfigurationError, match=r"use configure\(\), or Simulation.at with a function"):
        Intervention(1.0, {"gaze.saccade_probability": 0.5}).plan(Simulation(pathway))
