"""Layers that are predicted from the past of a layer above, against autograd of the losses written out."""

import pytest
import torch

from streamsim.agents import (
    CLAPP,
    GRU,
    SGD,
    Calibration,
    ContrastBatch,
    ContrastiveHinge,
    Conv,
    CosineCLAPP,
    Encoder,
    EndToEnd,
    Homeostasis,
    InfoNCE,
    LayerAbove,
    Learner,
    Linear,
    MaxPool,
    OwnAndTopLayer,
    OwnLayer,
    OwnMemory,
    PeerMemory,
    ShortTermMemory,
    TopLayer,
    Window,
)
from streamsim.checks import AGENT_CHECKS, PICTURES, AgentHarness, memory_is_constant
from streamsim.contracts import ConfigurationError, size_in_bytes
from streamsim.contracts.tree import snapshot

from ..driving import CPU, doubled, drive, glimpses, multiplied, sensor, tiny_encoder
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, MAPS, ABOVE = 3, 2, 6, 5, 7


def batch(rule, parameters, *contexts):
    sign, weight = drawn(GROUPS, LAGS, STREAMS, seed=4).sign(), drawn(GROUPS, LAGS, STREAMS, seed=5).abs()
    z = drawn(STREAMS, MAPS, seed=1).relu() * 3
    return ContrastBatch(z, rule.read(parameters, z), contexts[0], sign, weight, None, contexts)


def weights_of(rule, *contexts):
    drawn_ = rule.parameters((MAPS,), LAGS, torch.Generator().manual_seed(3), contexts=contexts)
    return {name: w.double() for name, w in drawn_.items()}


@pytest.mark.parametrize("homeostasis", [None, Homeostasis()])
def test_a_context_of_another_width_predicts_by_the_same_rule(homeostasis):
    """What is remembered comes as it is compared: what is usual of the layer itself is of no account for it."""
    rule = CLAPP(retrodict=False, homeostasis=homeostasis, gain=4.0)
    parameters, c = weights_of(rule, (ABOVE,)), drawn(GROUPS, LAGS, STREAMS, ABOVE, seed=2)
    pairs = batch(rule, parameters, c)
    parameters |= rule.update_statistics(parameters, pairs.now)
    factors = rule.learn(parameters, pairs)
    assert parameters["pred"].shape == (LAGS, MAPS, ABOVE)
    z, pred = pairs.z.clone().requires_grad_(), parameters["pred"].clone().requires_grad_()
    a = z if homeostasis is None else (z - parameters["mean"]) * (parameters["variance"] + 1e-4).rsqrt()
    u = torch.einsum("sj,pjk,gpsk->gps", a, pred, c)
    loss = (1 - pairs.sign * u).relu()
    (pairs.weight * loss).sum().backward()
    close(factors.score, u.detach())
    close(factors.loss, loss.detach())
    close(factors.delta, z.grad)
    close(multiplied(factors)["pred"], pred.grad)
    assert 0.2 < factors.active.mean() < 0.95 and factors.past_delta is None


@pytest.mark.parametrize("rule", [CLAPP(retrodict=False, gain=4.0), CosineCLAPP(), InfoNCE(gain=4.0)])
def test_two_contexts_are_two_losses_that_are_added(rule):
    contexts = drawn(GROUPS, LAGS, STREAMS, MAPS, seed=2), drawn(GROUPS, LAGS, STREAMS, ABOVE, seed=6)
    both = weights_of(rule, None, (ABOVE,))
    both |= rule.update_statistics(both, drawn(STREAMS, MAPS).relu())
    found = rule.learn(both, batch(rule, both, *contexts))
    ones = [
        rule.learn({k: w for k, w in both.items() if "pred" not in k} | {"pred": both[name]}, batch(rule, both, c))
        for name, c in zip(("pred", "pred2"), contexts, strict=True)
    ]
    close(found.delta, ones[0].delta + ones[1].delta)
    close(found.loss, ones[0].loss + ones[1].loss)
    close(found.score, (ones[0].score + ones[1].score) / 2)
    close(found.active, (ones[0].active + ones[1].active) / 2)
    for name, one in zip(("pred", "pred2"), ones, strict=True):
        close(multiplied(found)[name], multiplied(one)["pred"])
    assert min(one.delta.abs().max() for one in ones) > 0.01


def test_layers_with_contexts_learn_together_as_alone():
    rule, weights, batches = CosineCLAPP(), [], []
    for seed, width in enumerate((5, 5, 7, 5)):
        other = 7 if seed == 2 else 5
        own = rule.parameters((5,), LAGS, torch.Generator().manual_seed(seed), contexts=[None, (width,)])
        own = {name: w.double() for name, w in own.items()}
        own |= rule.update_statistics(own, drawn(STREAMS, 5, seed=seed).relu())
        contexts = (drawn(GROUPS, LAGS, STREAMS, 5, seed=seed + 9), drawn(GROUPS, LAGS, STREAMS, other, seed=seed))
        weights.append(own)
        batches.append(batch(rule, own, *contexts))
    for own, pairs, found in zip(weights, batches, rule.learn_together(weights, batches), strict=True):
        alone = rule.learn(own, pairs)
        close(found.delta, alone.delta)
        close(found.loss, alone.loss)
        for key, value in multiplied(alone).items():
            close(multiplied(found)[key], value)


def test_w_pred_is_the_identity_only_where_both_sides_are_the_same_units():
    pred = CosineCLAPP().parameters((4,), 1, torch.Generator().manual_seed(0), contexts=[None, (4,), (6,)])
    assert pred["pred"][0].equal(torch.eye(4))
    assert (pred["pred2"][0] - torch.eye(4)).abs().max() > 0.1
    for name in ("pred2", "pred3"):
        torch.testing.assert_close(pred[name][0] @ pred[name][0].T, torch.eye(4))


def encoder():
    return Encoder([Conv(4, pool=MaxPool(2), gain=2.0), Conv(5, gain=2.0), Linear(6, gain=2.0)])


def learner(context, rule=None, **changes):
    settings = {"optimiser": SGD(0.05), "calibration": Calibration(0)} | changes
    settings = {"contrasts": [OwnMemory((1, 3))]} | settings
    rule = rule or CLAPP(retrodict=False, gain=3.0)
    return Learner(encoder(), rule, ShortTermMemory(4), context=context, **settings)


def mean(z):
    return z.flatten(2).mean(-1) if z.ndim > 2 else z


SOURCES = {
    LayerAbove: (("layer2",), ("layer3",), ("layer3",)),
    TopLayer: (("layer3",), ("layer3",), ("layer3",)),
    OwnAndTopLayer: (("layer1", "layer3"), ("layer2", "layer3"), ("layer3", "layer3")),
    OwnLayer: (("layer1",), ("layer2",), ("layer3",)),
}


@pytest.mark.parametrize("context", SOURCES)
def test_a_tick_is_a_step_down_the_losses_of_the_context(context):
    """Weights after a tick against autograd of hinges between present read-outs and a list of earlier ones."""
    agent, rate = learner(context()), 0.05
    state = doubled(agent, 3)
    past, fixation, fixations, beginning = [], torch.zeros(3), [], snapshot(state["layers"])
    for glimpse in glimpses(3, 9, dtype=torch.float64):
        fixation = fixation + glimpse.saccade
        before = snapshot(state)
        state, report = agent.step(state, glimpse)
        readouts = {name: mean(z) for name, z in report.activity.items()}
        for number, (name, sources) in enumerate(zip(agent.layers, SOURCES[context], strict=True)):
            own = {k: w.clone().requires_grad_() for k, w in before["layers"][name].items()}
            heads = {k: w.clone().requires_grad_() for k, w in before["rule"][name].items()}
            below = agent.layers[number - 1]
            x = agent.retina.see(glimpse.frame) if number == 0 else report.activity[below]
            z = forward(number, own, x)
            total = torch.zeros((), dtype=torch.float64)
            for p, lag in enumerate(lag for lag in (1, 3) if lag <= len(past)):
                sign = (fixations[-lag] == fixation) * 2.0 - 1
                for which, source in zip(("pred", "pred2"), sources, strict=False):
                    u = ((z @ heads[which][p]) * past[-lag][source]).sum(1)
                    total = total + (1 - sign * u).relu().sum() / 6  # two lags, three streams
            total.backward() if past else None
            for key, weight in (own | heads).items():
                group = "layers" if key in own else "rule"
                step = torch.zeros_like(weight) if weight.grad is None else weight.grad
                torch.testing.assert_close(
                    state[group][name][key], weight.detach() - rate * step, rtol=1e-9, atol=1e-11
                )
        past.append(readouts)
        fixations.append(fixation)
    for name, start in beginning.items():
        assert (state["layers"][name]["weight"] - start["weight"]).abs().max() > 1e-3, "this layer learnt nothing"


def forward(number, weights, x):
    """The mean activity of a layer of `encoder`, by torch's own operations."""
    if number == 2:
        return torch.nn.functional.linear(x.flatten(1), weights["weight"], weights["bias"]).relu()
    a = torch.nn.functional.conv2d(x, weights["weight"], weights["bias"], padding=1)
    return mean((torch.nn.functional.max_pool2d(a, 2) if number == 0 else a).relu())


def test_only_what_is_compared_later_is_remembered():
    widths = {
        context: learner(context()).reset(sensor(), 2, 0, CPU)["memory"]["1"]["values"].shape[-1] for context in SOURCES
    }
    assert widths == {OwnLayer: 15, LayerAbove: 11, TopLayer: 6, OwnAndTopLayer: 15}


def test_every_result_names_the_context():
    assert learner(TopLayer()).describe().endswith("; layers are predicted from the past of the uppermost layer")
    assert "predicted" not in learner(OwnLayer()).describe()
    assert LayerAbove().describe() != OwnAndTopLayer().describe()


def test_likeness_is_told_of_layers_that_are_remembered():
    _, reports = drive(learner(TopLayer()), 4, 12)
    assert reports[-1].likeness().isnan().all(1).tolist() == [True, True, False]


def test_a_learner_with_a_context_keeps_the_contract():
    """Members of a team that share its streams among them, too."""
    agent = learner(TopLayer(), CosineCLAPP(), contrasts=[OwnMemory((1, 2)), PeerMemory(1, (1, 2))])
    for check in AGENT_CHECKS:
        if check is not memory_is_constant:  # slow, and the next test counts what is kept
            check(AgentHarness(agent, PICTURES, 12, 4))


def test_what_is_kept_does_not_grow():
    agent = learner(TopLayer())
    sizes = [size_in_bytes(drive(agent, 2, ticks)[0]) for ticks in (10, 40)]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (ContrastiveHinge(), "ContrastiveHinge compares each layer with its own past and cannot use TopLayer"),
        (CLAPP(), r"CLAPP credits remembered frames, and with TopLayer .*set CLAPP\.retrodict to false"),
        (InfoNCE(True), "InfoNCE credits remembered frames"),
    ],
)
def test_what_cannot_use_another_layers_past_is_refused(rule, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        Learner(encoder(), rule, contrasts=[OwnMemory((1,)), PeerMemory(1, (1,))], context=TopLayer())


def test_a_layer_that_predicts_the_one_below_is_refused():
    deep = Encoder([Linear(4), GRU(5, predicts_below=True)])
    with pytest.raises(ConfigurationError, match="GRU predicts the layer below from its own past"):
        Learner(deep, CLAPP(), context=TopLayer())


def test_layers_that_act_at_other_ticks_are_refused():
    slow = Encoder([Conv(3), Window(Conv(3), 2, 2)])
    agent = Learner(slow, CosineCLAPP(), contrasts=[OwnMemory((1,))], context=LayerAbove())
    with pytest.raises(ConfigurationError, match="act at the same ticks, and layer1 does not act with layer2"):
        agent.reset(sensor(), 2, 0, CPU)


class Listening(CosineCLAPP):
    """Keeps what it was last asked to learn from."""

    def learn_together(self, parameters, batches):
        self.heard = parameters, batches
        return super().learn_together(parameters, batches)


def test_what_is_remembered_of_a_layer_is_compared_by_what_is_usual_of_that_layer():
    agent = learner(TopLayer(), Listening())
    state = doubled(agent, 3)
    for glimpse in glimpses(3, 8, dtype=torch.float64):
        raw = state["memory"]["1"]["values"][(glimpse.tick - 1) % 4].clone()
        state, _ = agent.step(state, glimpse)
    parameters, batches = agent.rule.heard
    centred = (raw - parameters[2]["mean"]) * (parameters[2]["variance"] + 1e-4).rsqrt()
    expected = centred / (centred.square().mean(-1, keepdim=True) + 1e-4).sqrt()
    for batch in batches:
        (context,) = batch.contexts
        close(context[0, 0], expected)


@pytest.mark.parametrize("context", [LayerAbove(), TopLayer(), OwnAndTopLayer()])
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("layer3", {"encoder": tiny_encoder(), "spatial_credit": EndToEnd()}),
        ("layer1", {"encoder": Encoder([Conv(4)])}),
    ],
)
def test_a_single_layer_that_is_judged_has_no_other_to_be_predicted_from(context, name, parts):
    sentence = rf"{type(context).__name__} needs two layers that are judged, and there is one \({name}\)"
    with pytest.raises(ConfigurationError, match=sentence):
        Learner(rule=CLAPP(retrodict=False), context=context, **parts)
