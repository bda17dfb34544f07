"""A learner whose streams are divided among processes comes to the weights of one that has all streams."""

from dataclasses import replace

import pytest
import torch

from streamsim.agents import SGD, Learner, Randomised
from streamsim.agents.encoders import Encoder
from streamsim.agents.layers import Conv, MaxPool, RunningNorm, Window
from streamsim.agents.memory import OwnMemory, OwnReservoir, PeerMemory, ShortTermMemory, TwoTier
from streamsim.agents.predictive import CLAPP
from streamsim.agents.rules import Supervised
from streamsim.checks import together
from streamsim.contracts import ConfigurationError, Environment, digest, flatten, unflatten
from streamsim.environments import Objects3D
from streamsim.simulation import FixedFixation, Pathway, Shuffled, Simulation

from ...streamsim.toys import CountingWorld, LinearLearner
from ...teams import apart, experiment, weights

TINY = {
    "hinge": {"environment.size": 8, "agent.encoder.channels": "[4, 4]", "streams": 8},
    "CLAPP": {"environment.size": 8, "agent.encoder.channels": "[4, 4]", "streams": 8},
    "e-prop": {"agent.encoder.channels": 4, "agent.encoder.recurrent.units": 4, "streams": 8},
}


class Solids(Objects3D):
    """Frames of which not even the last bit depends on how many are drawn at once."""

    glance = Environment.glance


def precise(simulation):
    """Let a learner compute in double precision, for learning makes much of a last bit."""
    simulation.pathways[0].agent.perception.compute = torch.float64
    state = flatten(simulation.state["eye"]["agent"])
    double = {name: t.double() for name, t in state.items() if t.is_floating_point() and not name.endswith("steps")}
    simulation.state["eye"]["agent"] = unflatten(state | double)
    return simulation


def run(simulation, ticks):
    """Return all state after so many ticks more."""
    simulation.run(ticks)
    return simulation.whole()


def followed(build, ticks):
    """Return the states of one process, and of a team of two, after so many ticks, and the weights as drawn."""
    first, second = together(2, lambda team: run(precise(build(team=team)), ticks))
    assert digest(first) == digest(second)
    return run(precise(build()), ticks), first, weights(build().state)


def assert_learnt_alike(one, team, drawn):
    """Assert that all weights are the same, and that they are no longer those that were drawn."""
    assert apart(weights(one), weights(team)) < 1e-6
    assert all((value != drawn[name]).any() for name, value in weights(one).items() if value.ndim > 1)


@pytest.mark.parametrize(("case", "ticks"), [("hinge", 16), ("CLAPP", 16), ("e-prop", 30)])
def test_two_processes_learn_what_one_does(case, ticks, tmp_path):
    configured = experiment(case, tmp_path, **TINY[case])
    if case != "e-prop":
        configured = replace(configured, environment=Solids(8))
    assert_learnt_alike(*followed(configured.build, ticks))


def video():
    """Return a learner with all that keeps something of a stream, or a statistic of all streams, from tick to tick."""
    norm = RunningNorm(10)
    layers = [Conv(4, pool=MaxPool(2), norm=norm), Window(Conv(4, norm=norm), 2, 1)]
    contrasts = (
        OwnMemory((1, 2), balanced=True, expected=True),
        PeerMemory(2, (1, 2), paired=True),
    )
    memory = ShortTermMemory(4, noise=0.1, decay_time=1.0)
    return Learner(Encoder(layers), CLAPP(), memory, contrasts, SGD(0.5, every=2))


def sampled():
    """Return a learner that draws from a reservoir, and layers that take turns."""
    contrasts = OwnMemory((1, 2), negative=0.0, balanced=True), OwnReservoir(2, (1, 2))
    memory = ShortTermMemory(6, policy=TwoTier(2))
    return Learner(Encoder([Conv(4), Conv(4)]), memory=memory, contrasts=contrasts, schedule=Randomised())


def pupil():
    """Return a learner that is told what it sees, and keeps nothing."""
    return Learner(Encoder([Conv(4, pool=MaxPool(2)), Conv(4)]), Supervised(10), contrasts=(), optimiser=SGD(0.5))


def watching(learner, order=None):
    """Return what builds a simulation in which a *learner* watches solids."""

    def build(**team):
        return Simulation(Pathway(Solids(8), learner(), FixedFixation(3), order=order), streams=4, **team)

    return build


@pytest.mark.parametrize(("learner", "order"), [(video, None), (sampled, Shuffled(4, 2)), (pupil, Shuffled(4, 2))])
def test_whatever_is_kept_of_streams_is_kept_of_them_all(learner, order):
    assert_learnt_alike(*followed(watching(learner, order), 20))


def test_a_team_goes_on_from_where_one_process_stood_and_the_other_way_round():
    build = watching(video)

    def go_on(state, **team):
        simulation = precise(build(**team))
        simulation.restore(state)
        return run(simulation, 4)

    one = run(precise(build()), 14)
    team, _ = together(2, lambda team: run(precise(build(team=team)), 14))
    whole = go_on(one)
    others = [go_on(team), together(2, lambda team: go_on(one, team=team))[0]]
    assert max(apart(weights(whole), weights(other)) for other in others) < 1e-6


def test_streams_are_divided_evenly_or_not_at_all():
    def build(team):
        return Simulation(Pathway(Objects3D(8), Learner()), streams=5, team=team)

    with pytest.raises(ConfigurationError, match=r"multiple of 2.*got 5.*--streams 4 or 6"):
        together(2, build)


def test_an_agent_that_cannot_be_divided_says_so():
    def build(team):
        return Simulation(Pathway(CountingWorld(), LinearLearner()), streams=2, team=team)

    with pytest.raises(ConfigurationError, match="LinearLearner cannot share its streams with other processes"):
        together(2, build)
