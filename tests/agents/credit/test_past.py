"""When remembered frames are credited: at once, or gathered until they are forgotten, with the same sum."""

import pytest
import torch

from streamsim.agents import CLAPP, SGD, Calibration, Learner, OwnMemory, PeerMemory, ShortTermMemory, SplitGates
from streamsim.agents.credit.past import DeferredCredit, ImmediateCredit
from streamsim.checks.agent import check_agent
from streamsim.contracts.tree import flatten

from ..driving import doubled, glimpses, sensor, tiny_encoder

CONTRASTS = [OwnMemory((1, 3), negative=0.5), PeerMemory(2, (1, 3))]


def learner(credit, rule=None, **optimiser):
    return Learner(
        tiny_encoder(),
        rule or CLAPP(gain=3.0),
        ShortTermMemory(4),
        CONTRASTS,
        SGD(0.05, **optimiser),
        calibration=Calibration(0),
        credit=credit,
    )


@pytest.mark.parametrize("rule", [CLAPP(gain=3.0), CLAPP(SplitGates(), gain=3.0)])
def test_over_a_life_gathered_credit_is_prompt_credit(rule):
    """Weights are held by averaging over more ticks than there are; what frames still wait for is added."""
    sums, ticks = [], 12
    for credit in (ImmediateCredit(), DeferredCredit()):
        agent = learner(credit, rule, every=1000)
        state = doubled(agent, 4)
        for glimpse in glimpses(4, ticks, dtype=torch.float64):
            state, _ = agent.step(state, glimpse)
        total = {key: 1000 * value for key, value in flatten(state["gradients"]["layers"]).items()}
        for trace in state["traces"]["1"].values():
            x = None
            for layer, name in zip(agent.encoder.layers, agent.layers, strict=True):
                if isinstance(credit, DeferredCredit):
                    waiting = layer.gradient(state["layers"][name], {"x": x} | trace[name], trace[name]["credit"])
                    for key, value in waiting.items():
                        total[f"{name}.{key}"] += value
                x = trace[name]["z"]
        sums.append(total)
    for key, value in sums[0].items():
        assert value.abs().max() > 1e-3
        assert (value - sums[1][key]).abs().max() < 1e-10, key


@pytest.mark.parametrize("streams", [3, 8])
@pytest.mark.usefixtures("quickly")
def test_gathered_credit_keeps_the_contract(streams, monkeypatch):
    monkeypatch.setattr("streamsim.checks.agent_state._LATER", 60)
    check_agent(learner(DeferredCredit()), sensor(), ticks=12, streams=streams)
