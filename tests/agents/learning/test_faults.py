"""Faults that were found by reading and by trying; each test failed before."""

import copy
import pickle

import pytest
import torch

from streamsim import ConfigurationError, MemoryCapError
from streamsim.agents import (
    CLAPP,
    SGD,
    Calibration,
    ContrastiveHinge,
    Conv,
    DeferredCredit,
    Encoder,
    Greedy,
    Homeostasis,
    Learner,
    NoPool,
    OwnMemory,
    PeerMemory,
    ShortTermMemory,
    Window,
)
from streamsim.contracts import flatten, snapshot, unflatten

from ..driving import CPU, drive, glimpses, sensor, tiny_encoder


def learner(rule, every=1, **parts):
    parts = {"calibration": Calibration(0)} | parts
    return Learner(tiny_encoder(), rule, ShortTermMemory(4), [OwnMemory((1, 2))], SGD(0.05, every=every), **parts)


@pytest.mark.parametrize("rule", [ContrastiveHinge(0.5, 2.0, width=6, rate=0.0), CLAPP(rate=0.0)])
@pytest.mark.parametrize("every", [1, 3])
def test_weights_of_a_rule_that_does_not_learn_stay_while_updates_average_ticks(rule, every):
    agent = learner(rule, every)
    before = snapshot(agent.reset(sensor(), 4, 0, CPU))
    state, _ = drive(agent, ticks=9)
    for name, weight in flatten(before["rule"]).items():
        assert torch.equal(weight, flatten(state["rule"])[name])
    moved = [not torch.equal(w, flatten(state["layers"])[name]) for name, w in flatten(before["layers"]).items()]
    assert any(moved)


@pytest.mark.parametrize(("streams", "fits"), [(8, True), (12, True), (10, False), (13, False)])
def test_negatives_never_come_from_the_own_group(streams, fits):
    contrast, memory = PeerMemory(1, (1,), group=4), ShortTermMemory(2)
    if not fits:
        with pytest.raises(
            ConfigurationError, match=rf"group \(4\) must divide the number of streams \(got {streams}\)"
        ):
            contrast.validate(streams)
        return
    contrast.validate(streams)
    state, generator = memory.reset(streams, 1, 0, CPU), torch.Generator().manual_seed(0)
    for tick in range(20):
        owner = contrast.recall(memory, state, tick, 0.1, generator).owner
        assert (owner // 4 != torch.arange(streams) // 4).all()


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_greedy_schedule_counts_ticks_however_many_an_update_averages(every):
    agent = learner(ContrastiveHinge(0.5, 2.0, width=6), every, schedule=Greedy(ticks=10))
    assert drive(agent, ticks=30)[0]["updates"].tolist() == [10 // every] * 3


@pytest.mark.parametrize("drive_too", [False, True])
def test_scores_are_those_of_usual_activity_already_while_looking(drive_too):
    """Before, deviations were divided by the spread of nothing, and losses were in the thousands."""
    rule = CLAPP(gain=1.0, homeostasis=Homeostasis(ticks=50))
    agent = learner(rule, calibration=Calibration(20, drive=drive_too))
    _, reports = drive(agent, streams=8, ticks=20)
    losses = torch.stack([report.metrics[:, 0] for report in reports])
    assert losses[2:].max() < 50


def test_statistics_begin_anew_where_the_weights_below_them_are_rescaled():
    agent = learner(CLAPP(homeostasis=Homeostasis()), calibration=Calibration(8, drive=True), credit=DeferredCredit())
    state = agent.reset(sensor(), 4, 0, CPU)
    for glimpse in glimpses(4, 8):
        state, _ = agent.step(state, glimpse)
        since = 2 if glimpse.tick == 7 else (glimpse.tick + 1) % 2
        assert all(round(float(own["mass"])) == since for own in state["rule"].values())


def test_statistics_of_layers_that_do_not_act_begin_anew_as_well():
    encoder = Encoder([Conv(3, gain=2.0), Window(Conv(3, gain=2.0), 3)])
    rule = CLAPP(homeostasis=Homeostasis())
    agent = Learner(encoder, rule, ShortTermMemory(4), [OwnMemory((1, 2))], calibration=Calibration(12, drive=True))
    state = agent.reset(sensor(), 4, 0, CPU)
    for glimpse in glimpses(4, 4):  # the second layer acts at tick 2, the first is rescaled after tick 3
        state, _ = agent.step(state, glimpse)
    assert all(float(own["mass"]) == 0 for own in state["rule"].values())


def test_replay_records_no_graph_however_it_is_read():
    agent = learner(CLAPP(homeostasis=Homeostasis()))
    state = agent.reset(sensor(), 2, 0, CPU)
    with torch.enable_grad():
        frames = torch.rand(2, 3, 1, 8, 8, requires_grad=True)
        assert not any(z.requires_grad for found in agent.replay(state, frames) for z in found.values())


def test_a_calibration_that_would_end_between_two_activities_is_refused():
    """Read-outs of a slow layer would never be scaled."""
    encoder = Encoder([Conv(3), Window(Conv(3), 3)])
    agent = Learner(encoder, ContrastiveHinge(width=4), contrasts=[OwnMemory((1,))], calibration=Calibration(10))
    with pytest.raises(ConfigurationError, match=r"Calibration\.ticks must be a multiple of 3.*use 12"):
        agent.reset(sensor(), 2, 0, CPU)


@pytest.mark.parametrize("rule", [CLAPP(rate=0.0), ContrastiveHinge(0.5, 2.0, width=6, rate=0.0)])
def test_a_rule_that_does_not_learn_goes_on_after_its_state_lost_empty_branches(rule):
    agent = learner(rule, every=3)
    state = unflatten(flatten(agent.reset(sensor(), 4, 0, CPU)))
    for glimpse in glimpses(4, 7):
        state, _ = agent.step(state, glimpse)
    assert state["updates"].tolist() == [2, 2, 2]


class Noted(NoPool):
    """A pool that keeps something of its own for its credit."""

    def forward(self, a, activation):
        return {**super().forward(a, activation), "mine": torch.ones_like(a)}

    def backward(self, delta, tape, activation, shape):
        return super().backward(delta, tape, activation, shape) * tape["mine"]


def test_what_a_pool_keeps_of_small_frames_is_there_for_their_credit():
    found = []
    for pool in (Noted(), NoPool()):
        agent = Learner(
            Encoder([Conv(3, pool=pool)]), CLAPP(), contrasts=[OwnMemory((1, 2))], calibration=Calibration(0)
        )
        found.append(flatten(drive(agent, ticks=8)[0]["layers"]))
    assert all(torch.equal(weight, found[1][name]) for name, weight in found[0].items())


def test_the_cap_counts_what_traces_gather_after_calibration():
    parts = {"calibration": Calibration(8, drive=True), "credit": DeferredCredit()}
    free = learner(CLAPP(), **parts)
    held = free.ledger(drive(free, ticks=20)[0]).short_term
    memory = ShortTermMemory(4, cap=held - 1)
    capped = Learner(tiny_encoder(), CLAPP(), memory, [OwnMemory((1, 2))], SGD(0.05), **parts)
    with pytest.raises(MemoryCapError):
        drive(capped, ticks=20)


def test_learners_can_be_copied_and_sent_to_other_processes():
    agent = pickle.loads(pickle.dumps(learner(CLAPP())))
    assert copy.deepcopy(agent).encoder.rate_groups((1, 8, 8)) == agent.encoder.rate_groups((1, 8, 8))
