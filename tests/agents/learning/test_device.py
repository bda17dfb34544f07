"""A tick never waits for the device: tensors on "meta" have no values, so that whoever asks for one fails."""

from fractions import Fraction

import pytest
import torch

from streamsim import Glimpse, Sensor
from streamsim.agents import (
    CLAPP,
    GRU,
    LPL,
    Calibration,
    CausalConv,
    ContrastiveHinge,
    Conv,
    DeferredCredit,
    Encoder,
    Homeostasis,
    ImmediateCredit,
    LatestOwn,
    Learner,
    MaxPool,
    Optimiser,
    Orthogonal,
    OwnMemory,
    OwnReservoir,
    PeerMemory,
    RunningNorm,
    ShortTermMemory,
    SimCLR,
    Supervised,
    TruncatedBPTT,
    TwoTier,
    Window,
)

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
    "hinge of one's own past": {"contrasts": [LatestOwn(1, 2)]},
    "CLAPP": {"rule": CLAPP(homeostasis=Homeostasis()), "contrasts": [OwnMemory((1, 2)), PeerMemory(1, (1, 2))]},
    "CLAPP, gathered": {"rule": CLAPP(), "credit": DeferredCredit(), "contrasts": [OwnMemory((1, 2))]},
    "hinge with two tiers": {
        "memory": ShortTermMemory(6, policy=TwoTier(2)),
        "contrasts": [OwnMemory((1, 2), negative=0.0), OwnReservoir(2, (1, 2))],
    },
    "calibrated": {"rule": ContrastiveHinge(), "calibration": Calibration(6, drive=True)},
    "SimCLR": {"rule": SimCLR(), "contrasts": [OwnMemory((1, 2), negative=0.0), PeerMemory(2, (1, 2))]},
    "LPL": {"rule": LPL(), "contrasts": [OwnMemory((1,))]},
    "supervised": {"rule": Supervised(3), "contrasts": []},
}


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("every", [1, 2])
def test_no_tick_waits_for_the_device(name, every):
    agent = Learner(encoder(), optimiser=Still(1e-3, every), **{"calibration": Calibration(2)} | AGENTS[name])
    state = agent.reset(SENSOR, 4, 0, META)
    for tick in range(9):
        frame, saccade = torch.empty(4, 3, 8, 8, device=META), torch.empty(4, dtype=torch.bool, device=META)
        label = torch.empty(4, dtype=torch.int64, device=META) if agent.taught else None
        state, report = agent.step(state, Glimpse(frame, saccade, tick, tick / 10, label))
        assert report.metrics.device == META


def test_an_orthogonal_step_waits_for_nothing():
    agent = Learner(encoder(), optimiser=Orthogonal(Still(1e-3)), calibration=Calibration(2))
    state = agent.reset(SENSOR, 4, 0, META)
    for tick in range(6):
        frame, saccade = torch.empty(4, 3, 8, 8, device=META), torch.empty(4, dtype=torch.bool, device=META)
        state, _ = agent.step(state, Glimpse(frame, saccade, tick, tick / 10))
    assert state["optimiser"]["layers"]["layer1"]["weight"]["usual"].device == META


IN_TIME = {
    "e-prop": (Encoder([CausalConv(4, 6, 4), CausalConv(5, 9, 5), GRU(3)]), (1, 20)),
    "bptt": (Encoder([CausalConv(4, 6, 4), CausalConv(5, 9, 5), GRU(3, TruncatedBPTT(3))]), (1, 20)),
    "windows": (
        Encoder([Conv(3, norm=RunningNorm()), Window(Conv(4, pool=MaxPool(2)), 2), Window(Conv(3), 2)]),
        (1, 8, 8),
    ),
    "slow": (Encoder([Window(Conv(3), 2)]), (1, 8, 8)),
}


@pytest.mark.parametrize("name", IN_TIME)
@pytest.mark.parametrize("credit", [ImmediateCredit(), DeferredCredit()])
def test_no_tick_of_a_layer_with_a_past_waits_for_the_device(name, credit):
    encoder, shape = IN_TIME[name]
    contrasts = [OwnMemory((1, 2), negative=0.0), PeerMemory(1, (1, 2), paired=True)]
    rule = CLAPP(homeostasis=Homeostasis())
    agent = Learner(
        encoder, rule, ShortTermMemory(2), contrasts, Still(1e-3), calibration=Calibration(4), credit=credit
    )
    state = agent.reset(Sensor(shape, -1.0, 1.0, Fraction(1, 10)), 4, 0, META)
    for tick in range(24):
        frame, saccade = torch.empty(4, *shape, device=META), torch.empty(4, dtype=torch.bool, device=META)
        state, report = agent.step(state, Glimpse(frame, saccade, tick, tick / 10))
        assert report.metrics.device == META
    assert all(
        z.device == META
        for found in agent.replay(state, torch.empty(2, 5, *shape, device=META))
        for z in found.values()
    )


def test_the_check_fails_for_who_asks():
    with pytest.raises((RuntimeError, NotImplementedError)):
        float(torch.empty((), device=META))
