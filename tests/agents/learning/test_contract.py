"""Every combination of the built-in parts keeps the contract of an agent."""

import pytest
import torch

from streamsim.agents import (
    CLAPP,
    LPL,
    SGD,
    Adam,
    AveragePool,
    Calibration,
    ContrastiveHinge,
    Conv,
    CosineCLAPP,
    Encoder,
    FixationAnchor,
    Greedy,
    Hardtanh,
    Identity,
    LatestOwn,
    Learner,
    Linear,
    LinearDecay,
    MaxPool,
    Orthogonal,
    OwnMemory,
    OwnReservoir,
    PeerMemory,
    RandomFeedback,
    Randomised,
    Reservoir,
    RMSProp,
    ShortTermMemory,
    SimCLR,
    SplitGates,
    Supervised,
    Tanh,
    Transposed,
    TwoTier,
    UpdatedRandomFeedback,
)
from streamsim.checks.agent import CHECKS, check_agent
from streamsim.checks.agent_learning import check_order_of_streams
from streamsim.checks.agent_state import memory_is_constant
from streamsim.checks.agent_trial import AgentHarness
from streamsim.contracts.errors import ConfigurationError

from ..driving import sensor

OWN = [OwnMemory((1, 2))]
PEERS = [OwnMemory((1,), negative=0.0), PeerMemory(3)]
PAST = [LatestOwn(1, 2)]
SAMPLED = [OwnMemory((1, 2), negative=0.0), OwnReservoir(1, (1, 2))]
RULES = {
    "CLAPP": lambda: CLAPP(gain=3.0),
    "split": lambda: CLAPP(SplitGates(), gain=3.0),
    "transposed": lambda: CLAPP(Transposed(), gain=3.0),
    "no retro": lambda: CLAPP(retrodict=False, gain=3.0),
    "cosine": CosineCLAPP,
    "BP": lambda: ContrastiveHinge(width=6),
    "RF": lambda: ContrastiveHinge(width=6, feedback=RandomFeedback()),
    "URF": lambda: ContrastiveHinge(width=6, feedback=UpdatedRandomFeedback()),
}
ALONE = {
    "softmax": (lambda: SimCLR(1.0, 6), PEERS),
    "without negatives": (LPL, [OwnMemory((1,))]),
    "labels": (lambda: Supervised(3), []),
}
ENCODERS = {
    "max": lambda: Encoder([Conv(4, pool=MaxPool(2), gain=2.0), Conv(4, pool=MaxPool(2), gain=2.0)]),
    "mixed": lambda: Encoder(
        [Conv(4, stride=2, pool=AveragePool(2), activation=Tanh(), gain=2.0), Linear(5, Hardtanh(), gain=2.0)]
    ),
    "linear": lambda: Encoder([Conv(3, 2, padding=0, activation=Identity(), bias=False), Linear(4, bias=False)]),
}
CONTRASTS = {"own": OWN, "peers": PEERS, "past": PAST}
COMBINATIONS = [
    (rule, contrast, encoder)
    for rule in RULES
    for contrast in CONTRASTS
    for encoder in ENCODERS
    if contrast != "past" or rule in {"no retro", "BP", "RF", "URF"}
]
VARIANTS = {
    "SGD": {"optimiser": SGD(0.01)},
    "SGD with momentum": {"optimiser": SGD(0.01, 0.9)},
    "RMSProp": {"optimiser": RMSProp(1e-3)},
    "every three ticks": {"optimiser": Adam(1e-3, every=3)},
    "orthogonal": {"optimiser": Orthogonal(SGD(0.01))},
    "orthogonal, every three ticks": {"optimiser": Orthogonal(Adam(1e-3, every=3))},
    "shorter and shorter": {"optimiser": LinearDecay(8, 0.0, Adam(1e-3, every=2))},
    "greedy": {"schedule": Greedy(8)},
    "randomised": {"schedule": Randomised()},
    "drive": {"calibration": Calibration(9, drive=True)},
    "no calibration": {"calibration": Calibration(0)},
    "noise": {"memory": ShortTermMemory(3, life_time=0.2, decay_time=0.1, noise=0.1)},
    "bfloat16": {"bfloat16": True},
    "anchors": {"memory": ShortTermMemory(3, policy=FixationAnchor()), "contrasts": PAST},
    "reservoir": {"memory": ShortTermMemory(3, policy=Reservoir()), "contrasts": PAST},
    "two tiers": {
        "memory": ShortTermMemory(5, policy=TwoTier(2)),
        "contrasts": SAMPLED,
    },
}


def made(rule="BP", contrast="own", encoder="max", **changes):
    settings = {"memory": ShortTermMemory(3), "contrasts": CONTRASTS[contrast], "calibration": Calibration(4)}
    return Learner(ENCODERS[encoder](), RULES[rule](), **{"optimiser": Adam(1e-3)} | settings | changes)


pytestmark = pytest.mark.usefixtures("quickly")


@pytest.mark.parametrize(("rule", "contrast", "encoder"), COMBINATIONS)
def test_every_combination_keeps_the_contract(rule, contrast, encoder):
    check_agent(made(rule, contrast, encoder), sensor(), ticks=12, streams=4)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("rule", ["CLAPP", "BP"])
def test_every_variant_keeps_the_contract(rule, name):
    contrasts = VARIANTS[name].get("contrasts")
    rule = "no retro" if contrasts in (PAST, SAMPLED) and rule == "CLAPP" else rule
    check_agent(made(rule, **VARIANTS[name]), sensor(), ticks=21, streams=4)


@pytest.mark.parametrize("name", ALONE)
def test_rules_that_need_a_contrast_of_their_own_or_none_keep_the_contract(name):
    rule, contrasts = ALONE[name]
    settings = {"optimiser": Adam(1e-3, every=3), "calibration": Calibration(4)}
    check_agent(Learner(ENCODERS["mixed"](), rule(), contrasts=contrasts, **settings), sensor(), ticks=21, streams=4)


@pytest.mark.parametrize("rule", ["CLAPP", "BP"])
def test_what_is_held_is_constant_over_many_ticks(rule, monkeypatch):
    monkeypatch.setattr("streamsim.checks.agent_state._LATER", 1200)
    memory_is_constant(AgentHarness(made(rule, "peers"), sensor(), 10, 4))


@pytest.mark.parametrize(("contrast", "streams"), [("own", 1), ("own", 7), ("past", 1), ("peers", 7)])
def test_one_stream_and_many_streams_both_work(contrast, streams):
    harness = AgentHarness(made("BP", contrast), sensor(), 20, streams)
    state, report = harness.life()
    assert state["updates"].tolist() == [16, 16]
    assert all(len(z) == streams for z in report.activity.values())


@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_streams_is_of_no_account_where_each_has_its_own_memory(rule):
    # without Adam, whose first steps are signs that rounding can turn
    check_order_of_streams(made(rule, optimiser=SGD(0.01)), sensor())


def test_the_default_agent_keeps_the_contract():
    check_agent(Learner(), ticks=14)


def test_every_check_has_a_sentence():
    assert all(check.__doc__.startswith("Check that ") for check in CHECKS)
    assert torch.is_grad_enabled()


def test_credit_for_the_past_is_refused_where_what_is_recalled_is_not_the_frame_of_that_age():
    with pytest.raises(ConfigurationError, match=r"CLAPP credits remembered frames and needs contrasts of fixed lags"):
        made("CLAPP", **VARIANTS["two tiers"])
