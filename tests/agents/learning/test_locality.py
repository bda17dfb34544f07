"""What an update may depend on: nothing older than memory holds, and of other layers nothing but their activity below.

The first ticks are seen without learning, so that weights are the same whatever was shown; then one is learnt from.
"""

import pytest
import torch

from streamsim.agents import (
    CLAPP,
    SGD,
    Calibration,
    ContrastiveHinge,
    DifferenceTargetPropagation,
    EndToEnd,
    InfoNCE,
    Learner,
    OwnMemory,
    PeerMemory,
    RandomFeedback,
    ShortTermMemory,
    SimCLR,
    UpdatedRandomFeedback,
)
from streamsim.contracts.records import Glimpse
from streamsim.contracts.tree import digest, snapshot

from ..driving import CPU, glimpses, sensor, tiny_encoder

CAPACITY, TICKS, STREAMS = 3, 8, 4
RULES = {
    "hinge": ContrastiveHinge(calibrate=None, width=7),
    "hinge-rf": ContrastiveHinge(calibrate=None, width=7, feedback=RandomFeedback()),
    "hinge-urf": ContrastiveHinge(calibrate=None, width=7, feedback=UpdatedRandomFeedback()),
    "simclr": SimCLR(width=7),
    "info-nce": InfoNCE(gain=3.0),
    "clapp": CLAPP(gain=3.0),
    "clapp-present": CLAPP(retrodict=False, gain=3.0),
}


def learner(rule, rate, **parts):
    contrasts = [OwnMemory((1, 3), negative=0.0), PeerMemory(2, (1, 3))]
    memory = ShortTermMemory(CAPACITY)
    return Learner(tiny_encoder(), rule, memory, contrasts, SGD(rate), calibration=Calibration(0), **parts)


def seen(rule, changed=(), **parts):
    """Return the state after some ticks without learning, in which the frames of some ticks were others."""
    agent = learner(rule, 0.0, **parts)
    state = agent.reset(sensor(), STREAMS, 0, CPU)
    for glimpse in list(glimpses(STREAMS, TICKS))[:-1]:
        frame = glimpse.frame.flip(-1) if glimpse.tick in changed else glimpse.frame
        state, _ = agent.step(state, Glimpse(frame, glimpse.saccade, glimpse.tick, glimpse.seconds))
    return state


def updated(rule, state, **parts):
    """Return the weights after one more tick, which is learnt from."""
    before = digest(state["layers"])
    state, _ = learner(rule, 0.1, **parts).step(state, list(glimpses(STREAMS, TICKS))[-1])
    assert digest(state["layers"]) != before
    return snapshot({"layers": state["layers"], "rule": state["rule"]})


@pytest.mark.parametrize("name", RULES)
def test_frames_that_are_no_longer_remembered_leave_an_update_bit_for_bit(name):
    rule, forgotten = RULES[name], range(TICKS - 1 - CAPACITY)
    expected = digest(updated(rule, seen(rule)))
    assert digest(updated(rule, seen(rule, forgotten))) == expected
    assert digest(updated(rule, seen(rule, [TICKS - 1 - CAPACITY]))) != expected  # the oldest that is remembered


@pytest.mark.parametrize("spatial", [EndToEnd(), EndToEnd(RandomFeedback()), DifferenceTargetPropagation()])
def test_so_it_is_where_credit_travels_between_layers(spatial):
    rule, forgotten = RULES["hinge"], range(TICKS - 1 - CAPACITY)
    states = [seen(rule, changed, spatial_credit=spatial) for changed in ((), forgotten)]
    if "space" in states[0]:  # inverses learn from every frame
        states[1]["space"] = snapshot(states[0]["space"])
    first, second = (digest(updated(rule, state, spatial_credit=spatial)) for state in states)
    assert first == second


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("other", ["layer1", "layer2", "layer3"])
def test_weights_of_the_rule_in_another_layer_leave_an_update_bit_for_bit(name, other):
    """Its head, its feedback, its prediction: whatever is changed there, only that layer's own update changes."""
    rule = RULES[name]
    changed = seen(rule)
    for weight in changed["rule"][other].values():
        weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(3)))
    expected, found = updated(rule, seen(rule)), updated(rule, changed)
    for layer in ("layer1", "layer2", "layer3"):
        same = digest(expected["layers"][layer]) == digest(found["layers"][layer])
        assert same == (layer != other)
