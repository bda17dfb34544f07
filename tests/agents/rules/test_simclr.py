"""SimCLR in a stream against its equation, written out pair by pair, against autograd, and by hand."""

import math

import pytest
import torch

from streamsim.agents import (
    BackPropagation,
    Contrast,
    ContrastBatch,
    LatestOwn,
    Learner,
    OwnMemory,
    OwnReservoir,
    PeerMemory,
    RandomFeedback,
    ShortTermMemory,
    SimCLR,
    TwoTier,
    UpdatedRandomFeedback,
)
from streamsim.contracts.errors import ConfigurationError

from ..driving import drive, multiplied, tiny_encoder
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, SHAPE, WIDTH = 5, 2, 6, (3, 2, 2), 4
FEEDBACKS = [BackPropagation, RandomFeedback, UpdatedRandomFeedback]


def problem(feedback=BackPropagation):
    """Pairs of both signs, a third of them without weight; the last stream has no positive, the first no negative."""
    rule = SimCLR(0.5, WIDTH, feedback())
    generator = torch.Generator().manual_seed(3)
    parameters = {name: w.double() * 2 for name, w in rule.parameters(SHAPE, LAGS, generator).items()}
    z = drawn(STREAMS, *SHAPE, seed=1)
    sign = drawn(GROUPS, LAGS, STREAMS, seed=7).sign()
    sign[..., 0], sign[..., -1] = 1, -1
    weight = drawn(GROUPS, LAGS, STREAMS, seed=5).relu()
    past = drawn(GROUPS, LAGS, STREAMS, WIDTH, seed=2)
    return rule, parameters, ContrastBatch(z, rule.read(parameters, z), past, sign, weight)


def cosine(a, b):
    return float(a @ b) / math.sqrt((float(a @ a) + 1e-6) * (float(b @ b) + 1e-6))


def naive(rule, pairs):
    """Loss, part and score of every pair, one after the other."""
    loss, active, score = (torch.zeros_like(pairs.sign) for _ in range(3))
    for p in range(LAGS):
        for s in range(STREAMS):
            u = [cosine(pairs.now[s], pairs.past[g, p, s]) for g in range(GROUPS)]
            there = [g for g in range(GROUPS) if pairs.weight[g, p, s] > 0]
            same = [g for g in there if pairs.sign[g, p, s] > 0]
            other = [g for g in there if pairs.sign[g, p, s] < 0]
            for g in range(GROUPS):
                score[g, p, s] = u[g]
                active[g, p, s] = float(bool(same and other) and g in there)
                if g in same and other:
                    candidates = [math.exp(u[c] / rule.temperature) for c in (g, *other)]
                    loss[g, p, s] = -math.log(candidates[0] / sum(candidates))
    return loss, active, score


def twin(rule, parameters, pairs):
    """Autograd of the weighted loss, memory held constant; random feedback is a head whose slope is B."""
    z, head = pairs.z.clone().requires_grad_(), parameters["head"].clone().requires_grad_()
    flat = z.permute(0, 2, 3, 1).flatten(1)
    held = flat.detach()
    x = held @ head.T + (flat - held) @ parameters.get("feedback", head).detach().T
    lengths = [(v.square().sum(-1) + 1e-6).sqrt() for v in (x, pairs.past)]
    u = (x * pairs.past).sum(-1) / lengths[0] / lengths[1] / rule.temperature
    total = torch.zeros(()).double()
    for p in range(LAGS):
        for s in range(STREAMS):
            there = pairs.weight[:, p, s] > 0
            others = u[:, p, s][there & (pairs.sign[:, p, s] < 0)]
            for g in torch.nonzero(there & (pairs.sign[:, p, s] > 0)).flatten().tolist() if len(others) else ():
                softmax = torch.cat((u[g, p, s][None], others)).log_softmax(0)
                total = total - pairs.weight[g, p, s] * softmax[0]
    total.backward()
    return z.grad, head.grad


def test_the_loss_is_its_closed_form():
    rule, parameters, pairs = problem()
    factors, (loss, active, score) = rule.learn(parameters, pairs), naive(rule, pairs)
    assert 0.2 < float(active.mean()) < 0.8
    assert float(loss[..., 1:-1].sum((0, 1)).min()) > 0
    assert not loss[..., 0].any()  # no negative
    assert not active[..., -1].any()  # no positive
    for actual, expected in ((factors.loss, loss), (factors.active, active), (factors.score, score)):
        close(actual, expected)
    assert factors.past_delta is None


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_the_gradients_are_those_of_its_autograd_twin(feedback):
    rule, parameters, pairs = problem(feedback)
    factors, (dz, dhead) = rule.learn(parameters, pairs), twin(rule, parameters, pairs)
    assert float(dz.abs().mean()) > 0.01
    close(factors.delta, dz)
    close(multiplied(factors)["head"], dhead)
    assert not factors.delta[[0, -1]].any()
    assert ("feedback" in multiplied(factors)) == (feedback is UpdatedRandomFeedback)


def test_layers_side_by_side_learn_what_each_learns_alone():
    rule, parameters, pairs = problem()
    other = ContrastBatch(pairs.z * 2, pairs.now.flip(0), pairs.past * -1, pairs.sign, pairs.weight)
    together = rule.learn_together([parameters, parameters], [pairs, other])
    for batch, found in zip((pairs, other), together, strict=True):
        alone = rule.learn(parameters, batch)
        for name in ("delta", "loss", "active", "score"):
            close(getattr(found, name), getattr(alone, name))


def test_a_negative_takes_part_whatever_its_weight():
    rule, parameters, pairs = problem()
    heavy = torch.where(pairs.sign < 0, pairs.weight * 7, pairs.weight)
    again = rule.learn(parameters, ContrastBatch(pairs.z, pairs.now, pairs.past, pairs.sign, heavy))
    close(again.delta, rule.learn(parameters, pairs).delta)


def test_by_hand():
    """The present points to the right, as a memory of the same thing does; one of another points upwards."""
    rule, own = SimCLR(1.0, 2), {"head": torch.eye(2)}
    z = torch.tensor([[2.0, 0.0]])
    past = torch.tensor([[1.0, 0.0], [0.0, 5.0]])[:, None, None]
    sign = torch.tensor([1.0, -1.0])[:, None, None]
    factors = rule.learn(own, ContrastBatch(z, rule.read(own, z), past, sign, torch.full((2, 1, 1), 0.5)))
    assert factors.score.flatten().tolist() == pytest.approx([1, 0], abs=1e-5)
    assert factors.loss.flatten().tolist() == pytest.approx([math.log(1 + math.exp(-1)), 0], abs=1e-5)
    assert factors.active.flatten().tolist() == [1, 1]
    # away from the other: q / |x|, at half weight
    assert factors.delta.flatten().tolist() == pytest.approx([0, 0.5 / 2 / (1 + math.e)], abs=1e-5)


def test_a_sharp_softmax_neither_overflows_nor_loses_small_losses():
    rule, own = SimCLR(1e-3, 2), {"head": torch.eye(2)}
    z, sign = torch.tensor([[1.0, 0.0]]), torch.tensor([1.0, -1.0])[:, None, None]
    for past, loss in (([[1.0, 0.0], [-1.0, 0.0]], 0.0), ([[-1.0, 0.0], [1.0, 0.0]], 2000.0)):
        batch = ContrastBatch(z, z, torch.tensor(past)[:, None, None], sign, torch.ones(2, 1, 1))
        factors = rule.learn(own, batch)
        assert float(factors.loss[0]) == pytest.approx(loss, rel=1e-3, abs=1e-6)
        assert factors.delta.isfinite().all()


class Unknown(OwnMemory):
    """A stranger's contrast, which does not say what it brings."""

    brings = Contrast.brings


BOTH = {
    "own and peers": [OwnMemory((1,), negative=0.0), PeerMemory(2)],
    "own of both kinds and peers": [OwnMemory((1,)), PeerMemory(1)],
    "own slots": [LatestOwn(1, 2)],
    "a stranger's": [Unknown((1,))],
}
LACKING = {
    "own, in turns": [OwnMemory((1,))],
    "negatives alone": [OwnMemory((1,), positive=0.0), PeerMemory(3)],
    "positives alone": [LatestOwn(3, 0)],
}


@pytest.mark.parametrize("name", BOTH)
def test_it_learns_from_what_brings_both_kinds_at_once(name):
    learner = Learner(tiny_encoder(), SimCLR(width=4), contrasts=BOTH[name])
    assert learner.looks == 10
    if name != "a stranger's":
        _, reports = drive(learner, 4, 16)
        table = dict(zip(learner.quantities, reports[-1].metrics.T.tolist(), strict=True))
        assert min(table["loss"]) > 0
        assert min(table["active_same"]) > 0


@pytest.mark.parametrize("name", LACKING)
def test_what_never_brings_both_kinds_at_once_is_refused(name):
    with pytest.raises(
        ConfigurationError, match=r"SimCLR needs memories of the same thing and of others at one lag at"
    ):
        Learner(rule=SimCLR(), contrasts=LACKING[name])


def test_a_reservoir_brings_negatives():
    contrasts = [OwnMemory((1,), negative=0.0), OwnReservoir(2, (1,))]
    Learner(rule=SimCLR(), memory=ShortTermMemory(4, policy=TwoTier(1)), contrasts=contrasts)
    assert contrasts[1].brings() == (frozenset({False}),) * 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0.0}, "temperature must be greater than 0"),
        ({"temperature": math.inf}, "temperature must be greater than 0"),
        ({"width": 0}, "width must be at least 1"),
        ({"rate": -0.1}, "SimCLR.rate must not be negative"),
    ],
)
def test_nonsense_is_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        SimCLR(**settings)
