"""Which pairs teach: the ablation of the surprise bit, against its loss by autograd."""

import pytest
import torch

from streamsim.agents import CLAPP, ContrastBatch, OpenGate, SharedGate, SplitGates, Transposed
from streamsim.agents.checks.rule import CHECKS
from streamsim.agents.checks.rule_trial import SHAPES, RuleHarness

from ..driving import multiplied
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, MAPS = 3, 2, 6, 5


@pytest.mark.parametrize("retrodiction", [SharedGate(), SplitGates(), Transposed()], ids=lambda r: type(r).__name__)
def test_with_an_open_gate_every_pair_teaches_by_its_sign(retrodiction):
    """gamma = y: two linear losses, 1 - y z . W_pred c, and the same of c . W_retro z."""
    rule, generator = CLAPP(retrodiction, gate=OpenGate()), torch.Generator().manual_seed(3)
    parameters = {name: w.double() * 5 for name, w in rule.parameters((MAPS,), LAGS, generator).items()}
    z, past = drawn(STREAMS, MAPS, seed=1).requires_grad_(), drawn(GROUPS, LAGS, STREAMS, MAPS, seed=2).requires_grad_()
    sign, weight = drawn(GROUPS, LAGS, STREAMS, seed=4).sign(), drawn(GROUPS, LAGS, STREAMS, seed=5).abs()
    pairs = ContrastBatch(z.detach(), z.detach(), past.detach(), sign, weight)
    factors = rule.learn(parameters, pairs)
    u = torch.einsum("sj,pjk,gpsk->gps", z, parameters["pred"], past)
    close(factors.loss, (1 - sign * u).detach())
    assert (factors.loss < 0).any() and (factors.active == 1).all()
    (forward,) = torch.autograd.grad((weight * (1 - sign * u)).sum(), z, retain_graph=True)
    close(factors.delta, forward)
    back = torch.einsum("gpsk,pkj,sj->gps", past, retrodiction.weight(parameters), z)
    (backward,) = torch.autograd.grad((weight * (1 - sign * back)).sum(), past)
    close(factors.past_delta, backward)
    expected = -torch.einsum("gps,gps,sj,gpsk->pjk", weight, sign, z.detach(), past.detach())
    close(multiplied(factors)["pred"], expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_open_gate_keeps_the_contract(shape):
    for check in CHECKS:
        check(RuleHarness(CLAPP(SplitGates(), gate=OpenGate()), shape))


def test_without_prediction_the_present_is_compared_with_the_past_itself():
    rule = CLAPP(retrodict=False, identity=True, rate=0.0)
    parameters = rule.parameters((MAPS,), LAGS, torch.Generator())
    assert parameters["pred"].equal(torch.eye(MAPS).repeat(LAGS, 1, 1))
    z, past = drawn(STREAMS, MAPS, seed=1), drawn(GROUPS, LAGS, STREAMS, MAPS, seed=2)
    parameters = {name: w.double() for name, w in parameters.items()}
    sign = torch.ones(GROUPS, LAGS, STREAMS, dtype=torch.float64)
    close(rule.learn(parameters, ContrastBatch(z, z, past, sign, sign)).score, (z * past).sum(-1))
