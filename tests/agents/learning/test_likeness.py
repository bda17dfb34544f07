"""How alike what is compared is, against a loop over a list of read-outs."""

import math

import pytest
import torch

from streamsim.agents import (
    CLAPP,
    SGD,
    Calibration,
    ContrastiveHinge,
    Homeostasis,
    LatestOwn,
    Learner,
    OwnMemory,
    ShortTermMemory,
)
from streamsim.contracts.tree import snapshot

from ..driving import CPU, glimpses, sensor, tiny_encoder

LAYERS = ("layer1", "layer2", "layer3")


def learner(lags=(1, 3), capacity=4, rule=None, **changes):
    settings = {"optimiser": SGD(0.05), "calibration": Calibration(0)} | changes
    rule = rule or ContrastiveHinge(0.5, 2.0, width=6)
    return Learner(tiny_encoder(), rule, ShortTermMemory(capacity), [OwnMemory(lags)], **settings)


def lived(agent, streams=2, ticks=12, **how):
    """Yield what is told of every tick, and the read-outs and the fixations of every tick up to it."""
    state = agent.reset(sensor(), streams, 0, CPU)
    readouts, fixations = [], [torch.zeros(streams)]
    for glimpse in glimpses(streams, ticks, **how):
        rules = snapshot(state["rule"])
        state, report = agent.step(state, glimpse)
        readouts.append({name: agent.rule.read(rules[name], report.activity[name]) for name in LAYERS})
        fixations.append(fixations[-1] + glimpse.saccade)
        yield state, report, readouts, fixations[1:]


def by_hand(readouts, fixations, lags, name):
    found = {True: [], False: []}
    for lag in lags:
        if lag < len(readouts):
            for stream in range(len(fixations[0])):
                now, past = readouts[-1][name][stream], readouts[-1 - lag][name][stream]
                same = bool(fixations[-1][stream] == fixations[-1 - lag][stream])
                found[same].append(float(now @ past / (now.norm() * past.norm())))
    return [sum(kind) / len(kind) if kind else math.nan for kind in (found[True], found[False])]


@pytest.mark.parametrize(("lags", "capacity"), [((1, 3), 4), ((1, 3), 3), ((1,), 1), ((2,), 2)])
def test_likeness_is_the_mean_cosine_of_the_pairs(lags, capacity):
    """Also where the slot that was compared is the one that is written at this tick."""
    for _, report, readouts, fixations in lived(learner(lags, capacity)):
        expected = torch.tensor([by_hand(readouts, fixations, lags, name) for name in LAYERS])
        torch.testing.assert_close(report.likeness(), expected, rtol=1e-4, atol=1e-5, equal_nan=True)


def test_what_is_usual_is_taken_away_first():
    agent = learner(rule=CLAPP(homeostasis=Homeostasis()))
    for state, report, readouts, fixations in lived(agent):
        own = {
            name: agent.rule.normalised(state["rule"][name], torch.stack([r[name] for r in readouts]))
            for name in LAYERS
        }
        seen = [{name: own[name][tick] for name in LAYERS} for tick in range(len(readouts))]
        expected = torch.tensor([by_hand(seen, fixations, (1, 3), name) for name in LAYERS])
        torch.testing.assert_close(report.likeness(), expected, rtol=1e-3, atol=1e-4, equal_nan=True)


def test_a_still_thing_is_as_like_as_can_be():
    agent = learner(optimiser=SGD(1e-9))
    state = agent.reset(sensor(), 2, 0, CPU)
    frame = torch.rand(2, 1, 8, 8)
    for glimpse in glimpses(2, 6, saccades=0.0):
        state, report = agent.step(state, type(glimpse)(frame, glimpse.saccade, glimpse.tick, glimpse.seconds))
    assert report.likeness()[:, 0].tolist() == pytest.approx([1, 1, 1], abs=1e-4)
    assert report.likeness()[:, 1].isnan().all()


def test_memories_of_any_age_are_looked_at_too():
    agent = Learner(
        tiny_encoder(), ContrastiveHinge(width=6), ShortTermMemory(4), [LatestOwn(1, 2)], calibration=Calibration(0)
    )
    *_, (_, report, _, _) = lived(agent)
    assert report.likeness().abs().max() <= 1 + 1e-6
