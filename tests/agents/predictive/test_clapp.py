"""CLAPP against equations 5, 8 to 10 and 16 to 19, written out unit by unit, and against autograd of its loss."""

import math

import numpy as np
import pytest
import torch

from streamsim.agents import CLAPP, ContrastBatch, Homeostasis, Learner, SharedGate, SplitGates, Transposed
from streamsim.contracts.errors import ConfigurationError

from ..driving import multiplied
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, MAPS, SIDE = 3, 2, 6, 5, 2
RULES = {
    "shared gate": CLAPP(SharedGate()),
    "split gates": CLAPP(SplitGates()),
    "transposed": CLAPP(Transposed()),
    "no retrodiction": CLAPP(retrodict=False),
}


def problem(rule, convolutional=True):
    """Weights and pairs whose hinges are a mixture of active and not, for both signs."""
    shape = (MAPS, SIDE, SIDE) if convolutional else (MAPS,)
    generator = torch.Generator().manual_seed(3)
    parameters = {name: w.double() * 5 for name, w in rule.parameters(shape, LAGS, generator).items()}
    z = drawn(STREAMS, *shape, seed=1).relu() * 4
    past = drawn(GROUPS, LAGS, STREAMS, MAPS, seed=2).relu()
    sign = drawn(GROUPS, LAGS, STREAMS, seed=4).sign()
    weight = drawn(GROUPS, LAGS, STREAMS, seed=5).abs()
    return parameters, ContrastBatch(z, rule.read(parameters, z), past, sign, weight)


def numbers(pairs):
    """Each pair as plain numbers: where, y, its weight, and its place in the batch."""
    for g, p, s in np.ndindex(pairs.sign.shape):
        yield (g, p, s), float(pairs.sign[g, p, s]), float(pairs.weight[g, p, s])


def score(matrix, target, source):
    return sum(float(target[j]) * float(matrix[j, k]) * float(source[k]) for j in range(MAPS) for k in range(MAPS))


def naive(rule, parameters, pairs):
    """Loss of each pair, and what gradient descent subtracts: minus the right-hand sides of equations 8 to 10."""
    pred = parameters["pred"]
    retro = parameters.get("retro", pred.transpose(1, 2))
    loss, gate, u = (torch.zeros_like(pairs.sign) for _ in range(3))
    now, then = torch.zeros_like(pairs.now), torch.zeros_like(pairs.past)
    dpred, dretro = torch.zeros_like(pred), torch.zeros_like(pred)
    for (g, p, s), y, share in numbers(pairs):
        z, c = pairs.now[s], pairs.past[g, p, s]
        u[g, p, s] = score(pred[p], z, c)
        loss[g, p, s] = max(0.0, 1 - y * float(u[g, p, s]))
        gamma = y if y * float(u[g, p, s]) < 1 else 0.0
        split = isinstance(rule.retrodiction, SplitGates)
        gamma_retro = (y if y * score(retro[p], c, z) < 1 else 0.0) if split else gamma
        gate[g, p, s] = abs(gamma)
        for j in range(MAPS):
            now[s, j] -= share * gamma * sum(pred[p, j, k] * c[k] for k in range(MAPS))
            then[g, p, s, j] -= share * gamma_retro * sum(retro[p, j, k] * z[k] for k in range(MAPS))
            for k in range(MAPS):
                dpred[p, j, k] -= share * gamma * z[j] * c[k]
                dretro[p, j, k] -= share * gamma_retro * c[j] * z[k]
    return loss, gate, u, now, then, dpred, dretro


def twin(rule, parameters, pairs):
    """Gradients by autograd of the losses; whatever a loss must not reach is detached."""
    z, c = pairs.z.clone().requires_grad_(), pairs.past.clone().requires_grad_()
    weights = {name: w.clone().requires_grad_() for name, w in parameters.items()}
    mean = z.flatten(2).mean(-1) if z.ndim > 2 else z
    match type(rule.retrodiction).__name__ if rule.credits_past else "none":
        case "Transposed":  # one loss, both sides credited
            total = hinge(weights["pred"], mean, c, pairs)
        case "SplitGates":  # two losses, each holds the other side's source constant
            total = hinge(weights["pred"], mean, c.detach(), pairs) + hinge(
                weights["retro"].transpose(1, 2), mean.detach(), c, pairs
            )
        case "SharedGate":  # the second loss is linear wherever the first hinge is active
            total = hinge(weights["pred"], mean, c.detach(), pairs)
            gamma = pairs.sign * (pairs.sign * bilinear(weights["pred"], mean, c) < 1)
            backward = bilinear(weights["retro"].transpose(1, 2), mean.detach(), c)
            total = total - (pairs.weight * gamma.detach() * backward).sum()
        case "none":
            total = hinge(weights["pred"], mean, c.detach(), pairs) + 0 * c.sum()
    total.backward()
    return z.grad, c.grad, {name: w.grad for name, w in weights.items()}


def bilinear(matrix, z, c):
    return torch.einsum("sj,pjk,gpsk->gps", z, matrix, c)


def hinge(matrix, z, c, pairs):
    return (pairs.weight * (1 - pairs.sign * bilinear(matrix, z, c)).relu()).sum()


def lively(pairs, active):
    """For both signs some hinges are active and some are not; most units are credited: trap 2."""
    for sign in (1, -1):
        share = active[pairs.sign == sign].mean()
        assert 0.2 < share < 0.95
    assert (pairs.now != 0).double().mean() > 0.4


@pytest.mark.parametrize("convolutional", [True, False])
@pytest.mark.parametrize("name", RULES)
def test_clapp_is_its_closed_form(name, convolutional):
    rule = RULES[name]
    parameters, pairs = problem(rule, convolutional)
    factors = rule.learn(parameters, pairs)
    loss, gate, u, now, then, dpred, dretro = naive(rule, parameters, pairs)
    lively(pairs, gate)
    positions = SIDE**2 if convolutional else 1
    spread = (..., None, None) if convolutional else (...,)
    for actual, expected in ((factors.loss, loss), (factors.active, gate), (factors.score, u)):
        close(actual, expected)
    close(factors.delta, now[spread] / positions)
    close(multiplied(factors)["pred"], dpred)
    assert (factors.past_delta is None) == (name == "no retrodiction")
    if factors.past_delta is not None:
        close(factors.past_delta, then[spread] / positions)
    assert ("retro" in multiplied(factors)) == (name in {"shared gate", "split gates"})
    if "retro" in multiplied(factors):
        close(multiplied(factors)["retro"], dretro)


def test_a_cell_of_a_grid_shares_its_credit_among_its_positions():
    """The way back from a read-out to maps that are not square is the gradient of the way to it."""
    rule, generator = CLAPP(grid=2, retrodict=False), torch.Generator().manual_seed(3)
    parameters = {name: w.double() for name, w in rule.parameters((MAPS, 4, 6), LAGS, generator).items()}
    z, past = drawn(STREAMS, MAPS, 4, 6, seed=1).requires_grad_(), drawn(GROUPS, LAGS, STREAMS, MAPS * 4, seed=2)
    now, sign = rule.read(parameters, z), drawn(GROUPS, LAGS, STREAMS, seed=4).sign()
    flat, maps = (ContrastBatch(x.detach(), now.detach(), past, sign, sign.abs()) for x in (now, z))
    (expected,) = torch.autograd.grad((now * rule.learn(parameters, flat).delta).sum(), z)
    close(rule.learn(parameters, maps).delta, expected)


@pytest.mark.parametrize("name", RULES)
def test_layers_of_any_sizes_learn_as_alone(name):
    """Neighbours of one size are computed in one operation, wherever they stand, and to the same bits."""
    rule, sign = RULES[name], drawn(GROUPS, LAGS, STREAMS, seed=4).sign()
    weights, batches = [], []
    for seed, maps in enumerate((3, 5, 5, 4, 4, 4, 6)):
        drawn_ = rule.parameters((maps,), LAGS, torch.Generator().manual_seed(seed))
        z, past = drawn(STREAMS, maps, seed=seed).relu(), drawn(GROUPS, LAGS, STREAMS, maps, seed=seed + 9).relu()
        weights.append({name: w.double() * 5 for name, w in drawn_.items()})
        batches.append(ContrastBatch(z, z, past, sign, sign.abs()))
    for own, pairs, found in zip(weights, batches, rule.learn_together(weights, batches), strict=True):
        alone = rule.learn(own, pairs)
        tensors = [(getattr(f, n) for n in ("delta", "past_delta", "loss", "active", "score")) for f in (found, alone)]
        assert all(x is y is None or torch.equal(x, y) for x, y in zip(*tensors, strict=True))
        assert all(torch.equal(multiplied(found)[key], value) for key, value in multiplied(alone).items())


@pytest.mark.parametrize("convolutional", [True, False])
@pytest.mark.parametrize("name", RULES)
def test_clapp_is_its_autograd_twin(name, convolutional):
    rule = RULES[name]
    parameters, pairs = problem(rule, convolutional)
    factors = rule.learn(parameters, pairs)
    lively(pairs, factors.active)
    z, c, weights = twin(rule, parameters, pairs)
    close(factors.delta.expand_as(z), z)
    if factors.past_delta is not None:
        # dLoss/dz of a remembered frame is an equal share of dLoss/dc for every position
        past = factors.past_delta.flatten(4).sum(-1) * SIDE**2 if convolutional else factors.past_delta
        close(past, c)
    assert multiplied(factors).keys() == weights.keys()
    for key, value in multiplied(factors).items():
        close(value, weights[key])


def test_the_two_gates_differ_where_they_should():
    shared, split = (RULES[name].learn(*problem(RULES[name])) for name in ("shared gate", "split gates"))
    close(multiplied(shared)["pred"], multiplied(split)["pred"])
    assert (multiplied(shared)["retro"] - multiplied(split)["retro"]).abs().max() > 0.1


def test_a_pair_of_no_weight_teaches_nothing():
    rule = RULES["shared gate"]
    parameters, pairs = problem(rule)
    pairs.weight.zero_()
    factors = rule.learn(parameters, pairs)
    for credit in (factors.delta, factors.past_delta, *multiplied(factors).values()):
        assert not credit.any()
    assert factors.loss.any()  # instruments see it all the same


def test_weights_of_prediction_and_retrodiction_are_drawn_apart():
    rule = CLAPP(gain=3.0)
    weights = rule.parameters((16, 4, 4), 2, torch.Generator().manual_seed(0))
    assert {name: w.shape for name, w in weights.items()} == {"pred": (2, 16, 16), "retro": (2, 16, 16)}
    bound = 3 / math.sqrt(16)
    assert all(0.98 * bound < w.abs().max() <= bound for w in weights.values())
    assert 80 < rule.alignments(weights)["W_pred, W_retro^T"] < 100
    assert "retro" not in CLAPP(Transposed()).parameters((16,), 1, torch.Generator())
    assert CLAPP(Transposed()).alignments({"pred": weights["pred"]}) == {}


def test_alignment_is_an_angle():
    weight = drawn(1, 4, 4)
    for retro, degrees in ((weight.transpose(1, 2), 0), (-weight.transpose(1, 2), 180)):
        angle = CLAPP().alignments({"pred": weight, "retro": retro})["W_pred, W_retro^T"]
        assert angle == pytest.approx(degrees, abs=1e-4)


def homeostatic(rule, parameters, readouts):
    """*parameters* with the traces of a rule that has seen *readouts*."""
    own = parameters | {k: t.double() for k, t in rule.homeostasis.reset(MAPS).items()}
    for now in readouts:
        own |= rule.update_statistics(own, now)
    return own


@pytest.mark.parametrize("retrodiction", [SharedGate(), SplitGates(), Transposed()])
def test_homeostasis_is_the_same_rule_of_deviations(retrodiction):
    """The twin normalises by constants; autograd then finds each unit's own gain in dLoss/dz."""
    rule = CLAPP(retrodiction, homeostasis=Homeostasis(10))
    own, pairs = problem(CLAPP(retrodiction))
    own = homeostatic(rule, own, [pairs.now * k for k in (1.0, 0.5, 2.0)])
    mean, gain = own["mean"], (own["variance"] + 1e-4).rsqrt()
    factors = rule.learn(own, pairs)
    plain = CLAPP(retrodiction)
    weights = {name: own[name] for name in own if name in ("pred", "retro")}
    normal = ContrastBatch(
        (pairs.z - mean[:, None, None]) * gain[:, None, None],
        (pairs.now - mean) * gain,
        (pairs.past - mean) * gain,
        pairs.sign,
        pairs.weight,
    )
    z, c, matrices = twin(plain, weights, normal)
    close(factors.delta.expand_as(z), z * gain[:, None, None])
    close(factors.past_delta.flatten(4).sum(-1) * SIDE**2, c * gain)
    for key, value in multiplied(factors).items():
        close(value, matrices[key])
    assert 0.2 < factors.active.mean() < 0.95


def test_homeostasis_follows_mean_and_spread():
    """With a long time constant, the plain mean and nearly the plain variance of all that was seen."""
    rule = CLAPP(homeostasis=Homeostasis(1e9))
    seen = [drawn(50, MAPS, seed=seed) * 2 + 3 for seed in range(20)]
    own = homeostatic(rule, {}, seen)
    everything = torch.cat(seen)
    assert own["mass"] == pytest.approx(20, rel=1e-6)
    torch.testing.assert_close(own["mean"], everything.mean(0), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(own["variance"], everything.var(0), rtol=0.05, atol=0)


def test_homeostasis_forgets_with_its_time_constant():
    rule = CLAPP(homeostasis=Homeostasis(5))
    own = homeostatic(rule, {}, [torch.zeros(2, MAPS)] * 200 + [torch.ones(2, MAPS)] * 5)
    assert own["mean"].tolist() == pytest.approx([1 - 0.8**5] * MAPS, rel=1e-5)


@pytest.mark.parametrize(("settings", "name"), [({"gain": -0.5}, "gain"), ({"rate": -1.0}, "rate")])
def test_nonsense_is_refused(settings, name):
    with pytest.raises(ConfigurationError, match=f"CLAPP.{name} must .* {settings[name]}"):
        CLAPP(**settings)


def test_clapp_advises_homeostasis_and_the_learner_hands_it_on():
    (sentence,) = Learner(rule=CLAPP()).advice()
    assert sentence.startswith("CLAPP learns without homeostasis: activity is never negative")
    assert Learner(rule=CLAPP(homeostasis=Homeostasis())).advice() == ()
    assert Learner().advice() == ()
