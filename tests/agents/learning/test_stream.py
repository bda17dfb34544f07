"""The whole learner against a naive causal stream in float64: store everything, recompute, differentiate, step."""

import math

import pytest
import torch
from torch.nn import functional as F

from streamsim.agents import (
    CLAPP,
    SGD,
    AveragePool,
    Calibration,
    ContrastiveHinge,
    Conv,
    Encoder,
    Hardtanh,
    LatestOwn,
    Learner,
    Linear,
    MaxPool,
    OwnMemory,
    PeerMemory,
    RandomFeedback,
    ShortTermMemory,
    SplitGates,
    Tanh,
    Transparent,
    Transposed,
    UpdatedRandomFeedback,
)
from streamsim.contracts.tree import leaves, snapshot

from ..driving import doubled, glimpses

TOLERANCE = 1e-10
STREAMS, TICKS = 4, 14
SPECIFICATION = [("conv", 4, "max", F.relu), ("conv", 4, "average", F.hardtanh), ("linear", 5, None, torch.tanh)]


def encoder():
    return Encoder(
        [
            Conv(4, pool=MaxPool(2), gain=2.5),
            Conv(4, pool=AveragePool(2), activation=Hardtanh(), gain=2.5),
            Linear(5, activation=Tanh(), gain=2.5),
        ]
    )


def activity(layer, weights, x):
    """z of one layer of SPECIFICATION by PyTorch's ordinary operations."""
    kind, _, pool, rho = SPECIFICATION[layer]
    if kind == "linear":
        return rho(F.linear(x.flatten(1), weights["weight"], weights["bias"]))
    z = rho(F.conv2d(x, weights["weight"], weights["bias"], padding=1))
    return F.max_pool2d(z, 2) if pool == "max" else F.avg_pool2d(z, 2)


class NaiveStream:
    """Everything that ever happened, and the update of a tick recomputed from it."""

    def __init__(self, agent, state):
        self.rule, self.contrasts, self.lags = agent.rule, agent.contrasts, agent.lags
        self.rate, self.names = agent.optimiser.learning_rate, agent.layers
        self.layers = [snapshot(state["layers"][n]) for n in self.names]
        self.own = [snapshot(state["rule"][n]) for n in self.names]
        self.frames, self.saccades, self.weights, self.owns = [], [], [], []
        self.active = {True: [], False: []}

    def input(self, tick, layer):
        """What a layer saw at a tick, through the weights that were there then."""
        x = self.frames[tick]
        for below in range(layer):
            x = activity(below, self.weights[tick][below], x)
        return x

    def readout(self, z, own):
        if isinstance(self.rule, CLAPP):
            return z.flatten(2).mean(-1) if z.ndim == 4 else z
        flat = z.permute(0, 2, 3, 1).flatten(1) if z.ndim == 4 else z
        held = flat.detach()
        feedback = own["feedback"].detach() if "feedback" in own else own["head"].detach()
        return held @ own["head"].T + (flat - held) @ feedback.T

    def pairs(self, comparison):
        """Yield predictor, stream now, remembered tick, its stream, y and weight; checked against what was reported."""
        tick, row = len(self.frames) - 1, 0
        for contrast in self.contrasts:
            for _ in range(1 if isinstance(contrast, OwnMemory) else contrast.count):
                for predictor, lag in enumerate(self.lags):
                    for stream in range(STREAMS):
                        owner = int(comparison.stream[row, stream])  # which peer is drawn is tested elsewhere
                        share = self.share(contrast, tick, lag, stream)
                        same = self.same(contrast, tick, lag, stream)
                        assert math.isclose(float(comparison.weight[row, stream]), share)
                        if share and tick >= lag:
                            assert int(comparison.birth[row, stream]) == tick - lag
                            assert bool(comparison.same[row, stream]) == same
                            yield predictor, stream, tick - lag, owner, same, share
                    row += 1

    def share(self, contrast, tick, lag, stream):
        if tick < lag:
            return 0.0
        if isinstance(contrast, PeerMemory):
            factor = contrast.share / contrast.count
        else:
            factor = contrast.positive if self.same(contrast, tick, lag, stream) else contrast.negative
        return factor / len(self.lags) / STREAMS

    def same(self, contrast, tick, lag, stream):
        if isinstance(contrast, PeerMemory) or tick < lag:
            return False
        return not any(self.saccades[t][stream] for t in range(tick - lag + 1, tick + 1))

    def tick(self, glimpse, comparison):
        self.frames.append(glimpse.frame)
        self.saccades.append(glimpse.saccade.tolist())
        self.weights.append([snapshot(w) for w in self.layers])
        self.owns.append([snapshot(w) for w in self.own])
        pairs = list(self.pairs(comparison))
        steps = [self.gradients(layer, pairs) for layer in range(len(self.names))]
        for layer, (own, weight) in enumerate(steps):
            for key, value in weight.items():
                self.layers[layer][key] -= self.rate * value
            for key, value in own.items():
                self.own[layer][key] -= self.rate * self.rule.rate * value

    def gradients(self, layer, pairs):
        """Of the rule's weights and the layer's, by autograd of each pair's loss."""
        now = len(self.frames) - 1
        own = {k: w.clone().requires_grad_() for k, w in self.own[layer].items()}
        # one leaf per tick that is credited: the layer's weights as they were then
        then = {
            t: {k: w.clone().requires_grad_() for k, w in self.weights[t][layer].items()}
            for t in {now, *(pair[2] for pair in pairs)}
        }
        read = {
            t: self.readout(activity(layer, w, self.input(t, layer)), own if t == now else self.owns[t][layer])
            for t, w in then.items()
        }
        total = sum(w.sum() * 0 for w in (*own.values(), *(x for w in then.values() for x in w.values())))
        for predictor, stream, tick, owner, same, share in pairs:
            total = total + share * self.loss(own, read[now][stream], read[tick][owner], predictor, same)
        total.backward()
        weight = {k: sum(w[k].grad for w in then.values()) for k in self.weights[now][layer]}
        if getattr(getattr(self.rule, "feedback", None), "learns", False):
            own["feedback"].grad = own["head"].grad
        return {k: w.grad for k, w in own.items()}, weight

    def loss(self, own, z, c, predictor, same):
        y = 1.0 if same else -1.0
        if isinstance(self.rule, ContrastiveHinge):
            distance = (z - c.detach()).abs().sum()
            hinge = (distance - self.rule.near if same else self.rule.far - distance).relu()
            self.active[same].append(bool(hinge > 0))
            return hinge
        matrix = own["pred"][predictor]
        u = z @ matrix @ c
        self.active[same].append(bool(y * u < 1))
        if not self.rule.credits_past:
            return (1 - y * (z @ matrix @ c.detach())).relu()
        if isinstance(self.rule.retrodiction, Transposed):
            return (1 - y * u).relu()
        back = c @ own["retro"][predictor] @ z.detach()
        forward = (1 - y * (z @ matrix @ c.detach())).relu()
        if isinstance(self.rule.retrodiction, SplitGates):
            return forward + (1 - y * back).relu()
        return forward - (y * back if y * u < 1 else 0 * back)


def close(found, expected, what):
    assert found.dtype == torch.float64
    difference = float((found - expected).abs().max())
    assert difference < TOLERANCE, f"{what} is off by {difference}"


OWN = (OwnMemory((1, 3)),)
BOTH = (OwnMemory((1, 2), positive=0.5, negative=0.25), PeerMemory(2, (1, 2), share=1.5))
PEERS = (PeerMemory(3, (2, 1)),)
CASES = {
    "CLAPP": (CLAPP(gain=3.0, rate=0.5), OWN),
    "CLAPP with peers": (CLAPP(gain=3.0), BOTH),
    "CLAPP with peers alone": (CLAPP(gain=3.0), PEERS),
    "CLAPP, split gates": (CLAPP(SplitGates(), gain=3.0), BOTH),
    "CLAPP, transposed": (CLAPP(Transposed(), gain=3.0), BOTH),
    "CLAPP, no retrodiction": (CLAPP(retrodict=False, gain=3.0), BOTH),
    "hinge": (ContrastiveHinge(0.5, 2.0, width=6), BOTH),
    "hinge of one's own": (ContrastiveHinge(0.5, 1.2, width=6, rate=0.3), OWN),
    "hinge, RF": (ContrastiveHinge(0.5, 2.0, width=6, feedback=RandomFeedback()), BOTH),
    "hinge, URF": (ContrastiveHinge(0.5, 2.0, width=6, feedback=UpdatedRandomFeedback()), BOTH),
}


@pytest.mark.parametrize("name", CASES)
def test_a_stream_is_what_the_equations_say_tick_by_tick(name):
    rule, contrasts = CASES[name]
    agent = Learner(
        encoder(), rule, ShortTermMemory(4), contrasts, SGD(0.05), calibration=Calibration(0), retina=Transparent()
    )
    state = doubled(agent, STREAMS)
    first = snapshot(state)
    naive = NaiveStream(agent, state)
    for glimpse in glimpses(STREAMS, TICKS, dtype=torch.float64):
        state, report = agent.step(state, glimpse)
        naive.tick(glimpse, report.comparison)
        for layer, name_ in enumerate(agent.layers):
            for key, value in naive.layers[layer].items():
                close(state["layers"][name_][key], value, f"{name_}.{key} at tick {glimpse.tick}")
            for key, value in naive.own[layer].items():
                close(state["rule"][name_][key], value, f"{name_}'s {key} at tick {glimpse.tick}")
    lively(naive, first, state, report, {pair for pair in (True, False) if contrasts is not PEERS or not pair})


def lively(naive, first, state, report, kinds):
    """Hinges of each kind were active and not, units are alive, and weights moved a thousand tolerances: trap 2."""
    for kind in kinds:
        assert sum(naive.active[kind]) > 10
    assert not all(naive.active[False])
    for z in report.activity.values():
        assert (z.abs() > 1e-3).double().mean() > 0.3
    before = dict(leaves({k: first[k] for k in ("layers", "rule")}))
    for key, after in leaves({k: state[k] for k in ("layers", "rule")}):
        fixed = key.endswith("feedback") and not naive.rule.feedback.learns
        assert fixed != bool((after - before[key]).abs().max() > 1e3 * TOLERANCE), key


def test_own_anchors_of_any_age_are_what_the_equations_say():
    """`LatestOwn`: the latest slot of this fixation against the two latest of earlier ones, from plain lists."""
    rule = ContrastiveHinge(0.5, 2.0, width=6)
    agent = Learner(
        encoder(),
        rule,
        ShortTermMemory(4),
        (LatestOwn(1, 2),),
        SGD(0.05),
        calibration=Calibration(0),
        retina=Transparent(),
    )
    state = doubled(agent, STREAMS)
    naive, fixations, compared = NaiveStream(agent, state), [], 0
    for glimpse in glimpses(STREAMS, TICKS, dtype=torch.float64):
        earlier = fixations[-1] if fixations else [0] * STREAMS
        fixations.append([n + s for n, s in zip(earlier, glimpse.saccade.tolist(), strict=True)])
        state, report = agent.step(state, glimpse)
        naive.pairs = lambda _: own_past(fixations)
        naive.tick(glimpse, report.comparison)
        compared += len(own_past(fixations))
        for layer, name in enumerate(agent.layers):
            close(state["layers"][name]["weight"], naive.layers[layer]["weight"], name)
            close(state["rule"][name]["head"], naive.own[layer]["head"], name)
    assert compared > 80
    assert sum(naive.active[True]) > 10 < sum(naive.active[False])


def own_past(fixations):
    now = len(fixations) - 1
    remembered = range(max(0, now - 4), now)
    found = []
    for stream in range(STREAMS):
        for same, count in ((True, 1), (False, 2)):
            ticks = [t for t in remembered if (fixations[t][stream] == fixations[now][stream]) == same]
            found += [(0, stream, t, stream, same, 1 / count / STREAMS) for t in ticks[-count:]]
    return found
