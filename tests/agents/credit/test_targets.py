"""Difference target propagation against a plain float64 transcription of Algorithm 1, and its fixed points."""

import pytest
import torch
from torch.nn import functional as F

from streamsim.agents import (
    CLAPP,
    SGD,
    Adam,
    AveragePool,
    Calibration,
    ContrastiveHinge,
    Conv,
    DifferenceTargetPropagation,
    Encoder,
    Hardtanh,
    Identity,
    Learner,
    Linear,
    MaxPool,
    OwnMemory,
    PeerMemory,
    RunningNorm,
    ShortTermMemory,
    Tanh,
)
from streamsim.agents.credit.inverses import inverse_of
from streamsim.agents.credit.past import ImmediateCredit
from streamsim.agents.credit.space import Found
from streamsim.checks.agent import check_agent
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import digest, snapshot

from ..driving import doubled, drive, glimpses, sensor
from ..numbers import close, drawn

STREAMS, RATE = 4, 0.1


def pooling_encoder():
    """Convolution, convolution with pooling, full connections: each kind of inverse."""
    return Encoder([Conv(4, pool=MaxPool(2), activation=Identity()), Conv(5, activation=Hardtanh()), Linear(6)])


def learner(spatial, encoder=None, rule=None, **parts):
    return Learner(
        encoder or pooling_encoder(),
        rule or ContrastiveHinge(calibrate=None, width=7),
        ShortTermMemory(3),
        [OwnMemory((1, 2), negative=0.5), PeerMemory(2, (1, 2))],
        SGD(0.05),
        calibration=Calibration(0),
        spatial_credit=spatial,
        **parts,
    )


def transcription(weights, inverses, x0, delta, step):
    """Algorithm 1 line by line for `pooling_encoder`: gradients of f and g by autograd of each layer's own loss."""
    w = {n: {k: v.clone().requires_grad_() for k, v in own.items()} for n, own in weights.items()}
    v = {n: {k: p.clone().requires_grad_() for k, p in own.items()} for n, own in inverses.items()}

    def f(layer, x):
        own = w[f"layer{layer}"]
        if layer == 1:
            return F.max_pool2d(F.conv2d(x, own["weight"], own["bias"], 1, 1), 2)
        if layer == 2:
            return F.hardtanh(F.conv2d(x, own["weight"], own["bias"], 1, 1))
        return F.relu(F.linear(x.flatten(1), own["weight"], own["bias"]))

    def g(layer, z):
        own = v[f"layer{layer}"]
        if layer == 2:
            return torch.tanh(F.conv_transpose2d(z, own["weight"], own["bias"], 1, 1))
        return torch.tanh(z @ own["weight"] + own["bias"]).view(-1, 5, 4, 4)

    x = [x0]
    for layer in (1, 2, 3):
        x.append(f(layer, x[-1].detach()))
    for layer in (3, 2):
        loss = (g(layer, x[layer].detach()) - x[layer - 1].detach()).square().sum() / STREAMS
        own = list(v[f"layer{layer}"].values())
        for p, gradient in zip(own, torch.autograd.grad(loss, own), strict=True):
            p.data -= RATE * gradient
    target = {3: x[3].detach() - step * delta * STREAMS}
    for layer in (3, 2):
        target[layer - 1] = (x[layer - 1] - g(layer, x[layer]) + g(layer, target[layer])).detach()
    gradients = {}
    for layer in (1, 2, 3):
        loss = (x[layer] * delta).sum() if layer == 3 else (x[layer] - target[layer]).square().sum() / STREAMS
        own = w[f"layer{layer}"]
        gradients[f"layer{layer}"] = dict(zip(own, torch.autograd.grad(loss, list(own.values())), strict=True))
    return gradients, {n: {k: p.detach() for k, p in own.items()} for n, own in v.items()}


def judged(agent, state, x, delta):
    layers = dict(zip(agent.layers, agent.encoder.layers, strict=True))
    tapes = agent.encoder.forward(state["layers"], x)
    return Found(layers, state["layers"], tapes, {agent.layers[-1]: delta}, {}, {}, 1)


def lively(state):
    """Weights large enough for targets to differ and few units to be silent."""
    for branch in (state["layers"], state["space"]["inverses"]):
        for own in branch.values():
            own["weight"] *= 2
    return state


def test_updates_of_layers_and_inverses_are_those_of_the_algorithm():
    agent = learner(DifferenceTargetPropagation(0.7, SGD(RATE), activation=Tanh()))
    state = lively(doubled(agent, STREAMS))
    x, delta = drawn(STREAMS, 1, 8, 8, seed=1), drawn(STREAMS, 6, seed=2) / STREAMS
    expected, inverses = transcription(state["layers"], state["space"]["inverses"], x, delta, 0.7)
    found = judged(agent, state, x, delta)
    gradients = agent.spatial_credit.assign(found, ImmediateCredit(), state["space"])
    for name, own in expected.items():
        for key, gradient in own.items():
            assert gradient.abs().max() > 1e-4
            close(gradients[name][key], gradient)
    for name, own in inverses.items():
        for key, weight in own.items():
            close(state["space"]["inverses"][name][key], weight)


def test_an_unchanged_uppermost_target_leaves_every_target_unchanged():
    agent = learner(DifferenceTargetPropagation())
    state = lively(doubled(agent, STREAMS))
    found = judged(agent, state, drawn(STREAMS, 1, 8, 8, seed=1), torch.zeros(STREAMS, 6, dtype=torch.float64))
    gradients = agent.spatial_credit.assign(found, ImmediateCredit(), state["space"])
    assert not any(gradient.any() for own in gradients.values() for gradient in own.values())


def test_so_it_is_in_half_precision():
    """Both sides of a difference are computed alike; margins that nothing reaches leave no loss."""
    rule = ContrastiveHinge(near=1e9, far=1e9, calibrate=None, width=7)
    agent = Learner(
        pooling_encoder(),
        rule,
        ShortTermMemory(3),
        [OwnMemory((1, 2), negative=0.0)],
        Adam(1e-2),
        calibration=Calibration(0),
        spatial_credit=DifferenceTargetPropagation(),
        bfloat16=True,
    )
    state, _ = drive(agent, ticks=1)
    before = digest(state["layers"])
    state, _ = drive(agent, ticks=6, state=state, start=1)
    assert digest(state["layers"]) == before


def test_gradients_of_inverses_lie_in_memory_as_their_weights_do():
    """Fused optimisers add what lies at the same place, whatever the strides say."""
    for layer in (Conv(5, pool=MaxPool(2)), Conv(5, stride=2), Conv(1), Conv(5, 1, padding=0)):
        inverse = inverse_of(layer, (3, 8, 8), Identity())
        own = inverse.parameters(torch.Generator().manual_seed(0))
        z = torch.randn(4, *layer.output_shape((3, 8, 8)))
        gradient = inverse.gradient(own, z, torch.randn(4, 3, 8, 8), 1.0)
        assert gradient["weight"].stride() == own["weight"].stride()


def test_inverses_that_are_constant_pass_no_difference():
    agent = learner(DifferenceTargetPropagation(optimiser=SGD(0.0)))
    state = lively(doubled(agent, STREAMS))
    for own in state["space"]["inverses"].values():
        own["weight"].zero_()
        own["bias"].fill_(0.3)
    found = judged(agent, state, drawn(STREAMS, 1, 8, 8, seed=1), drawn(STREAMS, 6, seed=2))
    gradients = agent.spatial_credit.assign(found, ImmediateCredit(), state["space"])
    assert gradients["layer3"]["weight"].any()
    assert not gradients["layer2"]["weight"].any()
    assert not gradients["layer1"]["weight"].any()


def test_a_linear_net_with_transposed_inverses_gives_the_gradient_of_back_propagation():
    """t_l = x_l - eta dL/dx_l, so that |x_l - t_l|^2 teaches 2 eta times the gradient of the loss."""
    linear = Identity()
    encoder = Encoder([Conv(3, activation=linear), Conv(4, stride=2, activation=linear), Linear(6, linear)])
    agent = learner(DifferenceTargetPropagation(0.25, SGD(0.0)), encoder)
    state = lively(doubled(agent, STREAMS))
    for name, own in state["space"]["inverses"].items():
        own["weight"] = state["layers"][name]["weight"].clone()
        own["bias"].zero_()
    x, delta = drawn(STREAMS, 1, 8, 8, seed=1), drawn(STREAMS, 6, seed=2)
    weights = {n: {k: w.clone().requires_grad_() for k, w in own.items()} for n, own in state["layers"].items()}
    a, b, c = weights.values()
    z = F.conv2d(F.conv2d(x, a["weight"], a["bias"], 1, 1), b["weight"], b["bias"], 2, 1)
    (F.linear(z.flatten(1), c["weight"], c["bias"]) * delta).sum().backward()
    gradients = agent.spatial_credit.assign(judged(agent, state, x, delta), ImmediateCredit(), state["space"])
    close(gradients["layer3"]["weight"], c["weight"].grad)
    for name in ("layer1", "layer2"):
        assert weights[name]["weight"].grad.abs().max() > 0.1
        close(gradients[name]["weight"], 2 * 0.25 * weights[name]["weight"].grad)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv(5, pool=MaxPool(2)), (3, 8, 8)),
        (Conv(5, stride=2), (3, 8, 8)),
        (Conv(5, 5, padding=2, pool=AveragePool(2)), (3, 6, 6)),
        (Conv(5, 3, padding=0), (3, 7, 7)),
        (Linear(9), (3, 4, 4)),
    ],
    ids=["pooled", "strided", "averaged", "bare", "full"],
)
@pytest.mark.parametrize("activation", [Identity(), Tanh()], ids=["linear", "tanh"])
def test_the_gradient_of_an_inverse_is_that_of_autograd(layer, shape, activation):
    inverse = inverse_of(layer, shape, activation)
    own = {k: w.double() for k, w in inverse.parameters(torch.Generator().manual_seed(0)).items()}
    x, z = drawn(4, *shape), drawn(4, *layer.output_shape(shape), seed=1)
    leaves = {key: w.clone().requires_grad_() for key, w in own.items()}
    made = inverse.summed(leaves, z)
    made = torch.tanh(made) if isinstance(activation, Tanh) else made
    assert made.shape == x.shape
    ((made - x).square().sum() / 4).backward()
    for key, gradient in inverse.gradient(own, z, x, 0.25).items():
        assert gradient.abs().max() > 1e-3
        close(gradient, leaves[key].grad)


def test_inverses_learn_what_their_layers_saw():
    agent = learner(DifferenceTargetPropagation(optimiser=Adam(1e-3), steps=2))
    errors = []
    state, _ = drive(agent, ticks=1)
    for ticks in (1, 150):
        for glimpse in glimpses(4, ticks, seed=5):
            state, _ = agent.step(state, glimpse)
        frame = agent.retina.see(next(glimpses(4, 1, seed=9)).frame)
        tapes = agent.encoder.forward(state["layers"], frame)
        inverse = inverse_of(agent.encoder.layers[1], (4, 4, 4), Identity())
        guess = inverse.apply(state["space"]["inverses"]["layer2"], tapes["layer2"]["z"])
        errors.append(float((guess - tapes["layer2"]["x"]).square().mean() / tapes["layer2"]["x"].square().mean()))
    assert errors[1] < 0.7 * errors[0]


def test_a_target_is_for_a_stream_however_many_there_are():
    """Twice the same streams: deltas are half as large, targets the same, and so are the mean updates."""
    made = []
    for copies in (1, 2):
        agent = learner(DifferenceTargetPropagation(optimiser=SGD(0.0), activation=Tanh()))
        state = lively(doubled(agent, STREAMS * copies))
        x = drawn(STREAMS, 1, 8, 8, seed=1).repeat(copies, 1, 1, 1)
        delta = drawn(STREAMS, 6, seed=2).repeat(copies, 1) / copies
        made.append(agent.spatial_credit.assign(judged(agent, state, x, delta), ImmediateCredit(), state["space"]))
    for name in ("layer1", "layer2", "layer3"):
        close(made[1][name]["weight"], made[0][name]["weight"])


def test_inverses_are_part_of_the_state_and_of_the_ledger():
    agent = learner(DifferenceTargetPropagation())
    state, _ = drive(agent, ticks=3)
    before = digest(snapshot(state)["space"])
    state, _ = drive(agent, ticks=5, state=state, start=3)
    assert digest(state["space"]) != before
    size = sum(w.numel() * 4 for own in state["space"]["inverses"].values() for w in own.values())
    roles = agent.ledger(state).roles
    assert roles["feedback"] == size
    assert roles["optimiser"] == 2 * size + 4 * 4  # Adam's two moments and four counts; SGD keeps nothing for layers


@pytest.mark.usefixtures("quickly")
def test_a_learner_with_targets_keeps_the_contract():
    check_agent(learner(DifferenceTargetPropagation()), sensor(), ticks=12, streams=4)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: DifferenceTargetPropagation(0.0), r"step must be greater than 0 \(got 0.0\)"),
        (lambda: DifferenceTargetPropagation(steps=0), r"steps must be at least 1 \(got 0\)"),
        (lambda: DifferenceTargetPropagation(optimiser=Adam(every=4)), r"optimiser.every at 1 \(got 4\)"),
        (lambda: learner(DifferenceTargetPropagation(), Encoder([Conv(3)])), "no layer below to give targets to"),
        (lambda: learner(DifferenceTargetPropagation(), rule=CLAPP()), "let the rule credit no remembered ones"),
        (
            lambda: drive(learner(DifferenceTargetPropagation(), Encoder([Conv(3), Conv(3, norm=RunningNorm())]))),
            "knows no inverse of Conv: use Conv without norm, or Linear",
        ),
        (
            lambda: drive(learner(DifferenceTargetPropagation(), Encoder([Conv(3), Conv(3, pool=MaxPool(3))]))),
            "cannot fill pictures of 8 x 8 pixels",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        make()
