"""LPL against the corrected rule of Halvagal & Zenke 2023, unit by unit, and against autograd of its loss."""

import math

import pytest
import torch

from streamsim.agents import LPL, SGD, Calibration, ContrastBatch, Encoder, Identity, Learner, Linear, OwnMemory
from streamsim.contracts.errors import ConfigurationError

from ..driving import drive, multiplied
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, SHAPE, WIDTH = 2, 2, 6, (5, 2, 3), 5


def problem(**settings):
    rule = LPL(ticks=4.0, **settings)
    parameters = {n: w.double() for n, w in rule.parameters(SHAPE, LAGS, torch.Generator()).items()}
    for seed in range(3):
        parameters = rule.update_statistics(parameters, rule.read(parameters, drawn(STREAMS, *SHAPE, seed=20 + seed)))
    z, sign = drawn(STREAMS, *SHAPE, seed=1), drawn(GROUPS, LAGS, STREAMS, seed=7).sign()
    past = drawn(GROUPS, LAGS, STREAMS, WIDTH, seed=2)
    weight = drawn(GROUPS, LAGS, STREAMS, seed=5).abs()
    return rule, parameters, ContrastBatch(z, rule.read(parameters, z), past, sign, weight)


def naive(rule, parameters, pairs):
    """dW of science.md section 9 without rho' x and eta, with the signs of gradient descent."""
    mean, covariance = parameters["mean"].tolist(), parameters["covariance"].tolist()
    found = torch.zeros(STREAMS, WIDTH).double()
    for s in range(STREAMS):
        z = pairs.now[s].tolist()
        for g in range(GROUPS):
            for p in range(LAGS):
                c, same = pairs.past[g, p, s].tolist(), pairs.sign[g, p, s] > 0
                for i in range(WIDTH):
                    update = -(z[i] - c[i]) if same else 0.0
                    update += rule.variance / (covariance[i][i] + rule.epsilon) * (z[i] - mean[i])
                    beta = 2 / (WIDTH - 1)
                    others = [k for k in range(WIDTH) if k != i]
                    update -= rule.decorrelation * beta * sum((z[k] - mean[k]) * covariance[i][k] for k in others)
                    found[s, i] -= pairs.weight[g, p, s] * update / WIDTH
    return found


def twin(rule, parameters, pairs):
    """Autograd of the stated loss; the past and all statistics are held constant."""
    z = pairs.z.clone().requires_grad_()
    y = z.mean((2, 3))
    mean, covariance = parameters["mean"], parameters["covariance"]
    apart, own = y - mean, covariance.diagonal()
    predictive = (y - pairs.past).square().sum(-1) / 2 * (pairs.sign > 0)
    variance = (apart.square() / (own + rule.epsilon)).sum(-1) / 2
    lateral = covariance - own.diag()
    decorrelation = (apart @ lateral * apart).sum(-1) / (WIDTH - 1)
    loss = (predictive - rule.variance * variance + rule.decorrelation * decorrelation) / WIDTH
    (loss * pairs.weight).sum().backward()
    return loss.detach(), z.grad


@pytest.mark.parametrize("settings", [{}, {"variance": 0.0}, {"decorrelation": 0.0}, {"variance": 2.0, "epsilon": 0.5}])
def test_it_is_its_closed_form_and_its_autograd_twin(settings):
    rule, parameters, pairs = problem(**settings)
    factors, (loss, dz) = rule.learn(parameters, pairs), twin(rule, parameters, pairs)
    close(factors.delta[..., 0, 0] * 6, naive(rule, parameters, pairs))
    close(factors.delta.expand_as(dz), dz)
    close(factors.loss, loss)
    close(factors.score, (pairs.now - pairs.past).square().mean(-1))
    assert factors.past_delta is None
    assert multiplied(factors) == {}


def test_after_a_saccade_the_past_is_of_no_account():
    rule, parameters, pairs = problem()
    other = ContrastBatch(pairs.z, pairs.now, -pairs.past, -torch.ones_like(pairs.sign), pairs.weight)
    before = ContrastBatch(pairs.z, pairs.now, pairs.past, -torch.ones_like(pairs.sign), pairs.weight)
    close(rule.learn(parameters, before).delta, rule.learn(parameters, other).delta)
    assert rule.learn(parameters, before).delta.any()


def test_statistics_are_those_of_a_batch_at_first_and_then_fade():
    rule, first, second = LPL(ticks=2.0), drawn(50, 3, seed=1), drawn(50, 3, seed=2) + 1
    own = {n: w.double() for n, w in rule.parameters((3,), 1, torch.Generator()).items()}
    own = rule.update_statistics(own, first)
    close(own["mean"], first.mean(0))
    close(own["covariance"], torch.cov(first.T, correction=0))
    after = rule.update_statistics(own, second)
    # two thirds of the new and one of the old, which weighs a half by now
    close(after["mean"], first.mean(0) / 3 + second.mean(0) * 2 / 3)
    apart = second - after["mean"]
    close(after["covariance"], own["covariance"] / 3 + apart.T @ apart / 50 * 2 / 3)
    assert float(after["mass"]) == 1.5


def test_by_hand():
    """Two units that vary together by 1 around 0; the past was 0, and so are they now but for the first, which is 2."""
    rule = LPL(variance=1.0, decorrelation=3.0, epsilon=1.0)
    own = {"mass": torch.ones(()), "mean": torch.zeros(2), "covariance": torch.tensor([[1.0, 0.5], [0.5, 1.0]])}
    z, ones = torch.tensor([[2.0, 0.0]]), torch.ones(1, 1, 1)
    factors = rule.learn(own, ContrastBatch(z, z, torch.zeros(1, 1, 1, 2), ones, ones))
    # (2 - 2 / 2) / 2, and 3 * 2 * 2 * 0.5 / 2 for the second, which goes along with the first
    assert factors.delta.tolist() == [[0.5, 3.0]]
    assert factors.score.tolist() == [[[2.0]]]
    assert factors.loss.tolist() == [[[0.5]]]  # (4 - 4 / 2) / 2 / 2: units without apart earn no covariance


def test_a_layer_of_one_unit_has_no_others():
    rule = LPL(decorrelation=5.0)
    own = {"mass": torch.ones(()), "mean": torch.zeros(1), "covariance": torch.ones(1, 1)}
    z, ones = torch.tensor([[1.0]]), torch.ones(1, 1, 1)
    delta = rule.learn(own, ContrastBatch(z, z, torch.ones(1, 1, 1, 1), ones, ones)).delta
    assert float(delta) == pytest.approx(-1 / (1 + 1e-4))


def life(rule, ticks=200):
    """What a layer does in the first and in the last ticks."""
    encoder, own = Encoder([Linear(4, Identity(), bias=False)]), [OwnMemory((1,))]
    learner = Learner(encoder, rule, contrasts=own, optimiser=SGD(0.3), calibration=Calibration(0))
    _, reports = drive(learner, 16, ticks, saccades=0.2)
    return [torch.cat([r.activity["layer1"] for r in part]) for part in (reports[:40], reports[-40:])]


def correlations(x):
    return float((torch.corrcoef(x.T) - torch.eye(4)).abs().max())


def test_variance_keeps_units_alive_and_decorrelation_apart():
    silent = life(LPL(variance=0.0, decorrelation=0.0))
    assert float(silent[1].var(0).mean()) < 0.6 * float(silent[0].var(0).mean())
    alike, apart = (life(LPL(decorrelation=weight))[1] for weight in (0.0, 10.0))
    assert min(float(x.var(0).min()) for x in (alike, apart)) > 1
    assert correlations(apart) < 0.2 < correlations(alike)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"variance": -1.0}, "LPL.variance must be 0 or more"),
        ({"decorrelation": math.inf}, "LPL.decorrelation must be 0 or more"),
        ({"ticks": 0.5}, "LPL.ticks must be at least 1"),
        ({"epsilon": 0.0}, "LPL.epsilon must be greater than 0"),
    ],
)
def test_nonsense_is_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        LPL(**settings)
