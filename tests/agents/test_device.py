"""A tick never waits for the device: tensors on "meta" have no values, so that whoever asks for one fails."""

from fractions import Fraction

import pytest
import torch
from streamsim.agents import (
    CLAPP,
    Calibration,
    ContrastiveHinge,
    Conv,
    Encoder,
    Gathered,
    Homeostasis,
    Learner,
    MaxPool,
    Optimiser,
    OwnMemory,
    OwnPast,
    PeerMemory,
    ShortTermMemory,
)

from streamsim import Glimpse, Sensor

META = torch.device("meta")
SENSOR = Sensor((3, 8, 8), 0.0, 1.0, Fraction(1, 10))


class Still(Optimiser):
    """PyTorch's fused steps do not know the device "meta"; they wait for nothing either."""

    def reset(self, parameter):
        return {}

    def step(self, weights, gradients, kept, rate):
        assert all(w.device == g.device == META for w, g in zip(weights, gradients, strict=True))


def encoder():
    return Encoder([Conv(4, pool=MaxPool(2)), Conv(6, pool=MaxPool(2))])


AGENTS = {
    "hinge": {},
    "hinge with peers": {"contrasts": [OwnMemory((1, 2), balanced=True), PeerMemory(2, (1, 2), paired=True)]},
    "hinge with a life time": {"memory": ShortTermMemory(4, life_time=0.3, decay_time=1.0)},
    "hinge of one's own past": {"contrasts": [OwnPast(1, 2)]},
    "CLAPP": {"rule": CLAPP(homeostasis=Homeostasis()), "contrasts": [OwnMemory((1, 2)), PeerMemory(1, (1, 2))]},
    "CLAPP, gathered": {"rule": CLAPP(), "credit": Gathered(), "contrasts": [OwnMemory((1, 2))]},
    "calibrated": {"rule": ContrastiveHinge(), "calibration": Calibration(6, drive=True)},
}


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("every", [1, 2])
def test_no_tick_waits_for_the_device(name, every):
    agent = Learner(encoder(), optimiser=Still(1e-3, every), **{"calibration": Calibration(2)} | AGENTS[name])
    state = agent.reset(SENSOR, 4, 0, META)
    for tick in range(9):
        frame, saccade = torch.empty(4, 3, 8, 8, device=META), torch.empty(4, dtype=torch.bool, device=META)
        state, report = agent.step(state, Glimpse(frame, saccade, tick, tick / 10))
        assert report.metrics.device == META


def test_the_check_fails_for_who_asks():
    with pytest.raises((RuntimeError, NotImplementedError)):
        float(torch.empty((), device=META))
