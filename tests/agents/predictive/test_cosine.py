"""CLAPP with normalised scores against its equations, written out unit by unit, and against autograd of its loss."""

import math

import numpy as np
import pytest
import torch

from streamsim.agents import (
    CLAPP,
    GRU,
    ContrastBatch,
    CosineCLAPP,
    CPCAudioEncoder,
    DivisiveNormalisation,
    Learner,
    OwnMemory,
    ShortTermMemory,
    SplitGates,
    Transposed,
)
from streamsim.agents.predictive.bilinear import orthonormal
from streamsim.contracts.errors import ConfigurationError

from ..driving import multiplied
from ..numbers import TOLERANCE, close, drawn

KAPPA, THETA, FLOOR = 2.0, 0.7, 1e-4
GROUPS, LAGS, STREAMS, MAPS, SIDE = 3, 2, 6, 5, 2
RULES = {
    "present only": CosineCLAPP(),
    "one loss": CosineCLAPP(Transposed(), True),
    "two losses": CosineCLAPP(SplitGates(), True),
    "sharper, from numbers": CosineCLAPP(Transposed(), True, 3.0, -0.2, identity=False),
    "activity as it is": CosineCLAPP(homeostasis=None),
    "no level": CosineCLAPP(normalisation=None),
    "level held constant": CosineCLAPP(normalisation=DivisiveNormalisation(oja=False)),
}


def problem(rule, target=None, convolutional=True):
    """Weights and pairs whose hinges are a mixture of active and not, for both signs."""
    shape = (MAPS, SIDE, SIDE) if convolutional else (MAPS,)
    parameters = rule.parameters(shape, LAGS, torch.Generator().manual_seed(3), target and (target,))
    parameters = {name: w.double() for name, w in parameters.items()}
    for name in rule.trainable(parameters):
        parameters[name] += 0.3 * drawn(*parameters[name].shape, seed=7)
    if rule.homeostasis is not None:
        parameters |= {"mean": drawn(MAPS, seed=8).abs(), "variance": drawn(MAPS, seed=9).square()}
    z = drawn(STREAMS, *shape, seed=1).relu() * 4
    past = drawn(GROUPS, LAGS, STREAMS, MAPS, seed=2).relu() + rule.read(parameters, z) * 0.5
    sign = drawn(GROUPS, LAGS, STREAMS, seed=4).sign()
    weight = drawn(GROUPS, LAGS, STREAMS, seed=5).abs()
    aim = None if target is None else drawn(STREAMS, target, seed=6)
    return parameters, ContrastBatch(z, rule.read(parameters, z), past, sign, weight, aim)


def naive_signal(rule, parameters, readout):
    """y, 1 / s, level and h of one read-out, number by number."""
    y, gain = [float(x) for x in readout], [1.0] * len(readout)
    if rule.homeostasis is not None:
        gain = [1 / math.sqrt(float(v) + 1e-4) for v in parameters["variance"]]
        y = [(x - float(m)) * g for x, m, g in zip(y, parameters["mean"], gain, strict=True)]
    level = math.sqrt(sum(x * x for x in y) / len(y) + FLOOR) if rule.normalisation is not None else 1.0
    return gain, level, [x / level for x in y]


def naive(rule, parameters, pairs):
    """Loss, gate and score of each pair, and the updates of the docstring, pair by pair and unit by unit."""
    loss, gate, score = (torch.zeros_like(pairs.sign) for _ in range(3))
    now, dpred = torch.zeros_like(pairs.now), torch.zeros_like(parameters["pred"])
    for g, p, s in np.ndindex(pairs.sign.shape):
        y, share = float(pairs.sign[g, p, s]), float(pairs.weight[g, p, s])
        gain, level, h = naive_signal(rule, parameters, pairs.now[s])
        c = naive_signal(rule, parameters, pairs.past[g, p, s])[2]
        weight = parameters["pred"][p].tolist()
        e = [rule.sharpness / MAPS * sum(weight[j][k] * c[k] for k in range(MAPS)) for j in range(MAPS)]
        u = sum(a * b for a, b in zip(h, e, strict=True)) - rule.threshold
        gamma = y if y * u < 1 else 0.0
        loss[g, p, s], gate[g, p, s], score[g, p, s] = max(0.0, 1 - y * u), abs(gamma), u
        told = (u + rule.threshold) / MAPS if rule.normalisation is not None and rule.normalisation.oja else 0.0
        for j in range(MAPS):
            now[s, j] -= share * gamma * gain[j] / level * (e[j] - h[j] * told)
            for k in range(MAPS):
                dpred[p, j, k] -= share * gamma * rule.sharpness / MAPS * h[j] * c[k]
    return loss, gate, score, now, dpred


def signal(rule, parameters, readout, hold_level=False):
    """h of read-outs, with a graph."""
    if rule.homeostasis is not None:
        readout = (readout - parameters["mean"]) / (parameters["variance"] + 1e-4).sqrt()
    if rule.normalisation is None:
        return readout
    level = (readout.square().mean(-1, keepdim=True) + FLOOR).sqrt()
    return readout / (level if rule.normalisation.oja else level.detach())


def hinge(rule, matrix, h, c, pairs):
    """The weighted sum of losses; *matrix* leads from c to h."""
    scale = rule.sharpness / math.sqrt(h.shape[-1] * c.shape[-1])
    u = scale * torch.einsum("sj,pjk,gpsk->gps", h, matrix, c) - rule.threshold
    return (pairs.weight * (1 - pairs.sign * u).clamp_min(0)).sum()


def twin(rule, parameters, pairs):
    """Gradients by autograd of the losses; whatever a loss must not reach is detached."""
    z, past = pairs.z.clone().requires_grad_(), pairs.past.clone().requires_grad_()
    weights = {n: w.clone().requires_grad_(n in rule.trainable(parameters)) for n, w in parameters.items()}
    mean = z.flatten(2).mean(-1) if z.ndim > 2 else z
    h = signal(rule, weights, mean) if pairs.target is None else pairs.target + 0 * mean.sum()
    c = signal(rule, weights, past)
    if not rule.credits_past:
        total = hinge(rule, weights["pred"], h, c.detach(), pairs)
    elif isinstance(rule.retrodiction, Transposed):
        total = hinge(rule, weights["pred"], h, c, pairs)
    else:
        backward = hinge(rule, weights["retro"].transpose(1, 2), h.detach(), c, pairs)
        total = hinge(rule, weights["pred"], h, c.detach(), pairs) + backward
    total.backward()
    return z.grad, past.grad, {n: w.grad for n, w in weights.items() if w.requires_grad}


@pytest.mark.parametrize("name", RULES)
def test_it_is_what_its_equations_say_unit_by_unit(name):
    rule = RULES[name]
    parameters, pairs = problem(rule, convolutional=False)
    loss, gate, score, now, dpred = naive(rule, parameters, pairs)
    found = rule.learn(parameters, pairs)
    assert 0 < float(gate.mean()) < 1
    close(found.loss, loss)
    close(found.active, gate)
    close(found.score, score)
    close(found.delta, now)
    close(multiplied(found)["pred"], dpred)


@pytest.mark.parametrize("name", RULES)
def test_it_is_the_gradient_of_its_loss(name):
    rule = RULES[name]
    parameters, pairs = problem(rule)
    delta, past, weights = twin(rule, parameters, pairs)
    found = rule.learn(parameters, pairs)
    close(found.delta.expand_as(delta), delta)
    for key, gradient in multiplied(found).items():
        close(gradient.view_as(weights[key]), weights[key])
    if rule.credits_past:
        close(found.past_delta.mul(SIDE**2)[..., 0, 0], past)
    else:
        assert found.past_delta is None


@pytest.mark.parametrize("wide", [3, 5, 9])
@pytest.mark.parametrize("name", ["one loss", "two losses"])
def test_a_past_that_predicts_another_layer_is_credited_for_it(name, wide):
    rule = RULES[name]
    parameters, pairs = problem(rule, target=wide, convolutional=False)
    assert parameters["pred"].shape == (LAGS, wide, MAPS)
    _, past, weights = twin(rule, parameters, pairs)
    found = rule.learn(parameters, pairs)
    assert not found.delta.any()
    close(found.past_delta, past)
    for key, gradient in multiplied(found).items():
        close(gradient.view_as(weights[key]), weights[key])


def test_a_synapse_needs_its_units_own_numbers_and_three_of_its_layer():
    rule = CosineCLAPP()
    parameters, pairs = problem(rule, convolutional=False)
    parameters["pred"] = parameters["pred"][:1]
    one = ContrastBatch(pairs.z[:1], pairs.now[:1], *(t[:1, :1, :1] for t in (pairs.past, pairs.sign, pairs.weight)))
    found = rule.learn(parameters, one)
    c, h = (rule.normalised(parameters, x) for x in (one.past[0, 0], one.now))
    dendrites = KAPPA / MAPS * c @ parameters["pred"][0].T
    gain = (parameters["variance"] + 1e-4).rsqrt()
    gate = float(one.sign * found.active)  # told to the whole layer, as are the next two
    level = float(((one.now - parameters["mean"]) * gain).square().mean().add(FLOOR).sqrt())
    told = (float(found.score) + THETA) / MAPS
    for j in range(MAPS):
        own = float(dendrites[0, j]), float(h[0, j]), float(gain[j])
        expected = -gate * float(one.weight) / level * (own[0] - own[1] * told) * own[2]
        assert math.isclose(float(found.delta[0, j]), expected, abs_tol=TOLERANCE)


def test_a_unit_cannot_raise_a_score_by_being_louder():
    rule = CosineCLAPP(homeostasis=None, normalisation=DivisiveNormalisation(floor=1e-12))
    parameters, pairs = problem(rule, convolutional=False)
    along = (rule.learn(parameters, pairs).delta * pairs.now).sum(-1)
    assert float(along.abs().max()) < 1e-9
    louder = ContrastBatch(pairs.z * 3, pairs.now * 3, pairs.past, pairs.sign, pairs.weight)
    assert torch.allclose(rule.learn(parameters, louder).score, rule.learn(parameters, pairs).score)


def test_views_that_are_alike_score_kappa_minus_theta_at_the_start():
    rule = CosineCLAPP(normalisation=DivisiveNormalisation(floor=1e-12))
    parameters = {n: w.double() for n, w in rule.parameters((MAPS,), 1, torch.Generator()).items()}
    parameters |= {"mean": drawn(MAPS, seed=8), "variance": drawn(MAPS, seed=9).square()}
    z = drawn(STREAMS, MAPS, seed=1)
    ones = torch.ones(1, 1, STREAMS, dtype=torch.float64)
    found = rule.learn(parameters, ContrastBatch(z, z, z[None, None], ones, ones))
    assert torch.allclose(found.score, torch.full_like(found.score, KAPPA - THETA))
    assert not found.active.any()


def test_w_pred_begins_as_the_identity_and_w_retro_as_its_mirror_image():
    weights = CosineCLAPP(SplitGates(), True).parameters((MAPS, 2, 2), LAGS, torch.Generator())
    assert torch.equal(weights["pred"], torch.eye(MAPS).expand(LAGS, -1, -1))
    assert torch.equal(weights["retro"], weights["pred"])
    plain, same = (
        rule.parameters((MAPS,), 1, torch.Generator().manual_seed(1))
        for rule in (CLAPP(gain=2.0), CosineCLAPP(identity=False, gain=2.0))
    )
    assert torch.equal(plain["pred"], same["pred"])


@pytest.mark.parametrize(("rows", "columns"), [(3, 7), (7, 3), (4, 4)])
def test_between_layers_it_begins_as_a_matrix_that_keeps_angles(rows, columns):
    matrix = orthonormal(rows, columns, torch.Generator().manual_seed(0))
    assert matrix.shape == (rows, columns)
    small = matrix @ matrix.T if rows < columns else matrix.T @ matrix
    assert torch.allclose(small, torch.eye(min(rows, columns)), atol=1e-6)


def test_plain_clapp_has_neither_scale_nor_threshold_nor_level():
    rule = CLAPP()
    assert rule.scoring(3, 9) == (1.0, 0.0)
    assert rule.normalisation is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sharpness": 0.0}, r"CosineCLAPP.sharpness must be positive \(got 0.0\)"),
        ({"rate": -1.0}, r"CosineCLAPP.rate must not be negative \(got -1.0\)"),
        ({"grid": 0}, r"CosineCLAPP.grid must be at least 1 \(got 0\)"),
    ],
)
def test_wrong_settings_are_named(settings, words):
    with pytest.raises(ConfigurationError, match=words):
        CosineCLAPP(**settings)


def test_a_floor_must_be_positive():
    with pytest.raises(ConfigurationError, match=r"DivisiveNormalisation.floor must be positive \(got 0.0\)"):
        DivisiveNormalisation(floor=0.0)


def test_a_layer_that_predicts_another_needs_a_past_that_is_credited():
    encoder = CPCAudioEncoder(channels=8, recurrent=GRU(4))
    settings = {"memory": ShortTermMemory(2), "contrasts": [OwnMemory((1, 2))]}
    for rule in (CosineCLAPP(), CLAPP(retrodict=False)):
        with pytest.raises(ConfigurationError, match=rf"GRU learns nothing .* {type(rule).__name__}.retrodict to true"):
            Learner(encoder, rule, **settings)
    Learner(encoder, CosineCLAPP(retrodict=True), **settings)
    Learner(CPCAudioEncoder(channels=8, recurrent=GRU(4, predicts_below=False)), CosineCLAPP(), **settings)
