"""The contrastive hinge against Tang, Yang & Amit's equations, written out unit by unit, and against autograd."""

import numpy as np
import pytest
import torch

from streamsim.agents import BackPropagation, ContrastBatch, ContrastiveHinge, RandomFeedback, UpdatedRandomFeedback
from streamsim.contracts.errors import ConfigurationError

from ..driving import multiplied
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, SHAPE, WIDTH = 3, 2, 6, (3, 2, 2), 4
FEATURES = 12
FEEDBACKS = [BackPropagation, RandomFeedback, UpdatedRandomFeedback]


def problem(feedback):
    rule = ContrastiveHinge(near=2.0, far=3.0, width=WIDTH, feedback=feedback())
    generator = torch.Generator().manual_seed(3)
    parameters = {name: w.double() * 2 for name, w in rule.parameters(SHAPE, LAGS, generator).items()}
    z = drawn(STREAMS, *SHAPE, seed=1)
    embedding = rule.read(parameters, z)
    past = embedding + drawn(GROUPS, LAGS, STREAMS, WIDTH, seed=2) * 0.9
    sign = drawn(GROUPS, LAGS, STREAMS, seed=7).sign()
    return rule, parameters, ContrastBatch(z, embedding, past, sign, drawn(GROUPS, LAGS, STREAMS, seed=5).abs())


def naive(rule, parameters, pairs):
    """Equations of section 4 of science.md: the gradient goes into the view now seen, and nowhere else."""
    head = parameters["head"]
    feedback = parameters.get("feedback", head)
    loss, active, distance = (torch.zeros_like(pairs.sign) for _ in range(3))
    dz, dhead = torch.zeros(STREAMS, FEATURES).double(), torch.zeros_like(head)
    for g, p, s in np.ndindex(pairs.sign.shape):
        z = pairs.z[s].permute(1, 2, 0).flatten()  # position by position, as heads read maps
        x = [sum(float(head[e, i]) * float(z[i]) for i in range(FEATURES)) for e in range(WIDTH)]
        anchor = [float(v) for v in pairs.past[g, p, s]]
        d = sum(abs(a - b) for a, b in zip(anchor, x, strict=True))
        same = pairs.sign[g, p, s] > 0
        distance[g, p, s] = d
        loss[g, p, s] = max(0.0, d - rule.near) if same else max(0.0, rule.far - d)
        active[g, p, s] = float(d > rule.near if same else d < rule.far)
        for e in range(WIDTH):
            away = float(np.sign(x[e] - anchor[e]))
            delta = float(pairs.weight[g, p, s] * active[g, p, s]) * (away if same else -away)
            for i in range(FEATURES):
                dhead[e, i] += delta * z[i]
                dz[s, i] += feedback[e, i] * delta
    return loss, active, distance, dz.view(STREAMS, 2, 2, 3).permute(0, 3, 1, 2), dhead


def twin(rule, parameters, pairs):
    """Autograd of the loss; random feedback is a head whose value is V z and whose slope towards z is B."""
    z, head = pairs.z.clone().requires_grad_(), parameters["head"].clone().requires_grad_()
    flat = z.permute(0, 2, 3, 1).flatten(1)
    feedback = parameters.get("feedback", head)
    held = flat.detach()
    x = held @ head.T + ((flat - held) @ feedback.detach().T)
    distance = (pairs.past.detach() - x).abs().sum(-1)
    hinge = torch.where(pairs.sign > 0, (distance - rule.near).relu(), (rule.far - distance).relu())
    (hinge * pairs.weight).sum().backward()
    return z.grad, head.grad


def lively(pairs, active):
    for sign in (1, -1):
        assert 0.2 < active[pairs.sign == sign].mean() < 0.95


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_the_hinge_is_its_closed_form(feedback):
    rule, parameters, pairs = problem(feedback)
    factors = rule.learn(parameters, pairs)
    loss, active, distance, dz, dhead = naive(rule, parameters, pairs)
    lively(pairs, active)
    for actual, expected in (
        (factors.loss, loss),
        (factors.active, active),
        (factors.score, distance),
        (factors.delta, dz),
        (multiplied(factors)["head"], dhead),
    ):
        close(actual, expected)
    assert factors.past_delta is None


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_the_hinge_is_its_autograd_twin(feedback):
    rule, parameters, pairs = problem(feedback)
    factors = rule.learn(parameters, pairs)
    lively(pairs, factors.active)
    dz, dhead = twin(rule, parameters, pairs)
    close(factors.delta, dz)
    close(multiplied(factors)["head"], dhead)


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_only_updated_feedback_learns_and_learns_as_the_head(feedback):
    rule, parameters, pairs = problem(feedback)
    gradient = multiplied(rule.learn(parameters, pairs))
    assert ("feedback" in gradient) == (feedback is UpdatedRandomFeedback)
    assert ("feedback" in parameters) == (feedback is not BackPropagation)
    if "feedback" in gradient:
        assert torch.equal(gradient["feedback"], gradient["head"])


def test_feedback_and_head_are_drawn_apart_and_their_angle_is_told():
    rule, parameters, _ = problem(RandomFeedback)
    assert 60 < rule.alignments(parameters)["head, feedback"] < 120
    assert rule.alignments({"head": parameters["head"]}) == {}


def test_hand_computed():
    """Anchor (0, 0); views (1, -2) and (0.5, 0.5) of the same thing (m1 = 1) and of another (m2 = 3)."""
    rule = ContrastiveHinge(1, 3, width=2, calibrate=None)
    own = {"head": torch.eye(2)}
    z = torch.tensor([[1.0, -2.0], [0.5, 0.5], [1.0, -2.0], [0.5, 0.5]])
    sign = torch.tensor([[[1.0, 1.0, -1.0, -1.0]]])
    factors = rule.learn(
        own, ContrastBatch(z, rule.read(own, z), torch.zeros(1, 1, 4, 2), sign, torch.full((1, 1, 4), 0.25))
    )
    assert factors.score.tolist() == [[[3, 1, 3, 1]]]
    assert factors.loss.tolist() == [[[2, 0, 0, 2]]]
    assert factors.active.tolist() == [[[1, 0, 0, 1]]]
    assert factors.delta.tolist() == [[0.25, -0.25], [0, 0], [0, 0], [-0.25, -0.25]]


@pytest.mark.parametrize("calibrate", [2.5, None])
def test_calibration_scales_head_and_feedback_alike(calibrate):
    rule = ContrastiveHinge(width=2, calibrate=calibrate, feedback=RandomFeedback())
    factor = rule.calibrated({}, torch.tensor(0.5))
    assert factor is None if calibrate is None else factor == 5
    scaled = rule.scaled({"head": torch.ones(2, 3), "feedback": torch.full((2, 3), 3.0)}, torch.tensor(5.0))
    assert scaled["head"].unique().tolist() == [5]
    assert scaled["feedback"].unique().tolist() == [15]


def test_without_unrelated_views_nothing_is_scaled():
    assert ContrastiveHinge().calibrated({}, torch.tensor(0.0)) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"near": 2.0, "far": 1.0}, "0 <= near <= far"),
        ({"width": 0}, "width must be at least 1"),
        ({"calibrate": 0.0}, "calibrate must be positive"),
        ({"rate": -0.1}, "rate must not be negative"),
    ],
)
def test_nonsense_is_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        ContrastiveHinge(**settings)
