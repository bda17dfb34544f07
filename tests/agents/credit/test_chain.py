"""Credit that travels down through layers, against autograd through the same layers."""

import pytest
import torch
from torch.nn import functional as F

from streamsim.agents import (
    CLAPP,
    SGD,
    BackPropagation,
    Calibration,
    ContrastiveHinge,
    Conv,
    DeferredCredit,
    Encoder,
    EndToEnd,
    Greedy,
    Learner,
    Modules,
    OwnMemory,
    PeerMemory,
    RandomFeedback,
    ShortTermMemory,
    UpdatedRandomFeedback,
    Window,
)
from streamsim.agents.credit.past import ImmediateCredit
from streamsim.agents.credit.space import Found
from streamsim.checks.agent import check_agent
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import digest

from ..driving import CPU, doubled, drive, glimpses, sensor, tiny_encoder
from ..numbers import close, drawn

CONTRASTS = [OwnMemory((1, 2), negative=0.5), PeerMemory(2, (1, 2))]


def learner(spatial, rule=None, encoder=None, **parts):
    return Learner(
        encoder or tiny_encoder(),
        rule or ContrastiveHinge(calibrate=None, width=7),
        ShortTermMemory(3),
        CONTRASTS,
        parts.pop("optimiser", SGD(0.05)),
        calibration=parts.pop("calibration", Calibration(0)),
        spatial_credit=spatial,
        **parts,
    )


def leaves_of(weights):
    return {name: {key: w.detach().clone().requires_grad_() for key, w in own.items()} for name, own in weights.items()}


def twin(weights, x, start=0):
    """The tiny encoder by PyTorch's ordinary operations, from layer *start* on."""
    layer1, layer2, layer3 = weights.values()
    if start < 1:
        x = F.max_pool2d(F.relu(F.conv2d(x, layer1["weight"], layer1["bias"], 1, 1)), 2)
    if start < 2:
        x = F.hardtanh(F.conv2d(x, layer2["weight"], layer2["bias"], 1, 1))
    return F.relu(F.linear(x.flatten(1), layer3["weight"], layer3["bias"]))


def found(agent, state, x, deltas, past=None, arrivals=None):
    layers = dict(zip(agent.layers, agent.encoder.layers, strict=True))
    tapes = agent.encoder.forward(state["layers"], x)
    return Found(layers, state["layers"], tapes, deltas, past or {}, arrivals or {}, 2), tapes


def test_end_to_end_credit_is_back_propagation():
    agent = learner(EndToEnd())
    state = doubled(agent, 4)
    x, delta = drawn(4, 1, 8, 8, seed=1), drawn(4, 6, seed=2)
    judged, tapes = found(agent, state, x, {"layer3": delta})
    assert (tapes["layer3"]["z"] > 0).double().mean() > 0.2
    gradients = agent.spatial_credit.assign(judged, ImmediateCredit(), {})
    weights = leaves_of(state["layers"])
    (twin(weights, x) * delta).sum().backward()
    assert list(gradients) == ["layer3", "layer2", "layer1"]
    for name, own in gradients.items():
        for key, gradient in own.items():
            assert weights[name][key].grad.abs().max() > 1e-3
            close(gradient, weights[name][key].grad)


def test_a_learner_changes_all_weights_by_the_gradient_of_the_loss_of_the_uppermost_layer():
    """One tick with pairs: the loss of the present frame with the memory held constant, by autograd."""
    agent = learner(EndToEnd())
    state = doubled(agent, 4)
    ticks = list(glimpses(4, 5, dtype=torch.float64))
    for glimpse in ticks[:-1]:
        state, _ = agent.step(state, glimpse)
    weights, head = leaves_of(state["layers"]), state["rule"]["layer3"]["head"].clone()
    generator = torch.Generator()
    generator.set_state(state["generator"])
    now = twin(weights, agent.retina.see(ticks[-1].frame)) @ head.T
    memory = agent.memory.begin_fixations(state["memory"]["1"], ticks[-1].saccade)
    recalls = [c.recall(agent.memory, memory, 4, 0.1, generator) for c in CONTRASTS]
    loss = 0.0
    for recall in recalls:
        distance = (now - recall.past).abs().sum(-1)
        hinge = torch.where(recall.same, (distance - 1).clamp_min(0), (3 - distance).clamp_min(0))
        loss = loss + (hinge * recall.weight).sum()
    loss.backward()
    before = {name: {k: w.clone() for k, w in own.items()} for name, own in state["layers"].items()}
    state, report = agent.step(state, ticks[-1])
    for name, own in before.items():
        for key, weight in own.items():
            assert weights[name][key].grad.abs().max() > 1e-6
            close((weight - state["layers"][name][key]) / 0.05, weights[name][key].grad)
    close(report.metrics[2, 0], loss.detach())
    assert report.metrics[:2].isnan().all()


def test_end_to_end_memory_holds_the_uppermost_read_out_alone():
    state, _ = drive(learner(EndToEnd()))
    assert state["memory"]["1"]["values"].shape == (3, 4, 7)
    assert list(state["rule"]) == ["layer3"]


def test_remembered_frames_are_credited_through_what_layers_did_then():
    """CLAPP end to end is Hinge Loss CPC: retrodiction travels down through the traces of the remembered frame."""
    agent = learner(EndToEnd(), CLAPP(gain=3.0))
    state = doubled(agent, 4)
    then, now = drawn(4, 1, 8, 8, seed=1), drawn(4, 1, 8, 8, seed=2)
    past = agent.encoder.forward(state["layers"], then)
    delta, arriving = drawn(4, 6, seed=3), drawn(4, 6, seed=4)
    judged, _ = found(agent, state, now, {"layer3": delta}, {2: past}, {2: {"layer3": arriving}})
    gradients = agent.spatial_credit.assign(judged, ImmediateCredit(), {})
    weights = leaves_of(state["layers"])
    ((twin(weights, now) * delta).sum() + (twin(weights, then) * arriving).sum()).backward()
    for name, own in gradients.items():
        for key, gradient in own.items():
            close(gradient, weights[name][key].grad)
    state, _ = drive(learner(EndToEnd(), CLAPP(gain=3.0)))
    assert set(state["traces"]["1"]["1"]) == {"layer1", "layer2", "layer3"}


def test_no_credit_passes_between_modules():
    """The lower module's gradients are those of its own delta alone, bit for bit, whatever the upper one is told."""
    agent = learner(Modules([2, 1]))
    state = doubled(agent, 4)
    x, lower = drawn(4, 1, 8, 8, seed=1), drawn(4, 5, 4, 4, seed=2)
    made = []
    for seed in (3, 4):
        judged, _ = found(agent, state, x, {"layer2": lower, "layer3": drawn(4, 6, seed=seed)})
        made.append(agent.spatial_credit.assign(judged, ImmediateCredit(), {}))
    assert digest({n: made[0][n] for n in ("layer1", "layer2")}) == digest(
        {n: made[1][n] for n in ("layer1", "layer2")}
    )
    assert digest(made[0]["layer3"]) != digest(made[1]["layer3"])
    weights = leaves_of(state["layers"])
    z1 = F.max_pool2d(F.relu(F.conv2d(x, weights["layer1"]["weight"], weights["layer1"]["bias"], 1, 1)), 2)
    z2 = F.hardtanh(F.conv2d(z1, weights["layer2"]["weight"], weights["layer2"]["bias"], 1, 1))
    (z2 * lower).sum().backward()
    close(made[0]["layer1"]["weight"], weights["layer1"]["weight"].grad)


def test_random_feedback_takes_the_place_of_the_weights_on_the_way_down():
    """delta_(l-1) = B_l^T (delta_l rho'(a_l)): autograd through layers whose backward pass uses B."""
    agent = learner(EndToEnd(RandomFeedback()))
    state = doubled(agent, 4)
    x, delta = drawn(4, 1, 8, 8, seed=1), drawn(4, 6, seed=2)
    assert "feedback" not in state["layers"]["layer1"]
    assert state["layers"]["layer2"]["feedback"].shape == state["layers"]["layer2"]["weight"].shape
    judged, tapes = found(agent, state, x, {"layer3": delta})
    gradients = agent.spatial_credit.assign(judged, ImmediateCredit(), {})
    arriving = delta * (tapes["layer3"]["z"] > 0)
    down = (arriving @ state["layers"]["layer3"]["feedback"]).view(4, 5, 4, 4)
    z1 = tapes["layer1"]["z"].clone().requires_grad_()
    weights = leaves_of(state["layers"])
    z2 = F.hardtanh(F.conv2d(z1, weights["layer2"]["feedback"], weights["layer2"]["bias"], 1, 1))
    slope = (tapes["layer2"]["z"].abs() < 1).double()
    F.conv2d(z1, weights["layer2"]["feedback"], None, 1, 1).backward(down * slope)
    assert z2.shape == down.shape
    first = F.max_pool2d(F.relu(F.conv2d(x, weights["layer1"]["weight"], weights["layer1"]["bias"], 1, 1)), 2)
    first.backward(z1.grad)
    close(gradients["layer1"]["weight"], weights["layer1"]["weight"].grad)
    assert gradients["layer1"]["weight"].abs().max() > 1e-3


@pytest.mark.parametrize("feedback", [RandomFeedback(), UpdatedRandomFeedback()])
def test_only_updated_feedback_changes_and_by_what_changes_the_weights(feedback):
    agent = learner(EndToEnd(feedback))
    before = doubled(agent, 4)
    start = {name: {k: w.clone() for k, w in own.items()} for name, own in before["layers"].items()}
    state = before
    for glimpse in glimpses(4, 12, dtype=torch.float64):
        state, _ = agent.step(state, glimpse)
    for name in ("layer2", "layer3"):
        moved, fed = (state["layers"][name][key] - start[name][key] for key in ("weight", "feedback"))
        assert moved.abs().max() > 1e-4
        if feedback.learns:
            close(fed, moved)
        else:
            assert not fed.any()
    assert all(name.endswith("weight, feedback") for name in agent.alignments(state))


def test_calibration_scales_feedback_with_the_weights():
    agent = learner(EndToEnd(RandomFeedback()), calibration=Calibration(8, drive=True))
    drawn_weights = agent.reset(sensor(), 4, 0, CPU)["layers"]
    state, _ = drive(agent, ticks=8)
    for name in ("layer2", "layer3"):
        weight, feedback = (
            (state["layers"][name][key] / drawn_weights[name][key]).flatten(1) for key in ("weight", "feedback")
        )
        assert (weight.mean(1) - 1).abs().max() > 0.1
        assert torch.allclose(feedback, weight, rtol=1e-4)


def test_the_ledger_tells_weights_and_feedback_apart():
    agent = learner(EndToEnd(RandomFeedback()))
    state, _ = drive(agent, ticks=3)
    size = sum(own["feedback"].numel() * 4 for own in state["layers"].values() if "feedback" in own)
    plain, _ = drive(learner(EndToEnd()), ticks=3)
    assert agent.ledger(state).roles["feedback"] == size
    assert agent.ledger(state).roles["weights"] == learner(EndToEnd()).ledger(plain).roles["weights"]


@pytest.mark.parametrize(
    ("spatial", "parts", "sentence"),
    [
        (Modules([2, 2]), {}, r"Modules.sizes \[2, 2\] are of 4 layers together, but there are 3"),
        (
            EndToEnd(),
            {"schedule": Greedy(5)},
            "EndToEnd credits layers together, but Greedy lets them learn one by one",
        ),
        (EndToEnd(), {"rule": CLAPP(), "credit": DeferredCredit()}, "EndToEnd credit is given at once"),
        (
            EndToEnd(),
            {"encoder": Encoder([Conv(4), Window(Conv(4), 2)])},
            r"EndToEnd credit cannot pass through Window \(layer2\), which acts at a pace of its own",
        ),
    ],
)
def test_what_cannot_be_credited_so_is_refused(spatial, parts, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        learner(spatial, **parts)


def test_a_module_needs_a_layer():
    with pytest.raises(ConfigurationError, match=r"Modules.sizes must be 1 or more each \(got \[2, 0\]\)"):
        Modules([2, 0])


@pytest.mark.parametrize(
    "spatial", [EndToEnd(), EndToEnd(UpdatedRandomFeedback()), Modules([1, 2]), Modules([2, 1], BackPropagation())]
)
@pytest.mark.usefixtures("quickly")
def test_learners_that_pass_credit_down_keep_the_contract(spatial):
    check_agent(learner(spatial), sensor(), ticks=12, streams=4)
