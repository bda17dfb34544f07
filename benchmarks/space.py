"""Credit in space beside the loop that one would write by hand: plain PyTorch and autograd, the same arithmetic.

    python benchmarks/space.py [--streams 64] [--ticks 20] [--threads 2]

Tang's network, five negatives and an update at every tick: the contrastive hinge back-propagated end to end and by
difference target propagation, whose inverses learn beside, and InfoNCE in each layer (layer-wise GIM). Learner
and loop take turns in one run; after the ticks the weights of both are the same, which is printed. What counts is the
median of the ratios.
"""

import argparse
import statistics
from collections.abc import Callable

import torch
from loop import LastSaccades, seconds
from tick import Static
from torch import Tensor
from torch.nn import functional as F

from streamsim import Pathway, ScriptedSaccades, Simulation
from streamsim.agents import (
    Adam,
    Calibration,
    ContrastiveHinge,
    DifferenceTargetPropagation,
    EndToEnd,
    InfoNCE,
    Learner,
    Local,
    OwnMemory,
    PeerMemory,
    Rule,
    ShortTermMemory,
    SpatialCredit,
    TangCifarEncoder,
    Transparent,
)
from streamsim.contracts import State, generator_from
from streamsim.runs import keep_memory

RATE, INVERSE_RATE, NEGATIVES = 1e-4, 1e-3, 5
HALVES = (False, True, False, True, True)


class Loop:
    """The same network by hand.

    Args:
        state: of the learner, whose first weights it takes.
        streams: how many.
    """

    def __init__(self, state: State, streams: int) -> None:
        self.streams = streams
        self.layers = _copies(state["layers"])
        rules = state["rule"]
        self.heads = [own.clone().requires_grad_() for name in sorted(rules) for own in rules[name].values()]
        self.weights = [w for own in self.layers for w in own] + self.heads
        self.optimiser = torch.optim.Adam(self.weights, RATE, fused=True)
        self.anchor: Tensor | None = None
        self.anchors: list[Tensor] = []
        self.generator = generator_from(state["generator"])
        self.inverses = _copies(state.get("space", {}).get("inverses", {}))
        if self.inverses:
            self.learner = torch.optim.Adam([w for own in self.inverses for w in own], INVERSE_RATE, fused=True)

    def layer(self, number: int, x: Tensor) -> Tensor:
        """Return what a layer does."""
        weight, bias = self.layers[number]
        a = F.conv2d(x, weight, bias, padding=1)
        return F.max_pool2d(a, 2) if HALVES[number] else F.hardtanh(a)

    def inverse(self, number: int, z: Tensor) -> Tensor:
        """Return what a layer probably saw."""
        weight, bias = self.inverses[number - 1]
        stride = 2 if HALVES[number] else 1
        return F.conv_transpose2d(z, weight, bias, stride, 1, stride - 1)

    def loss(self, now: Tensor, saccade: Tensor) -> Tensor | None:
        """Return the contrastive hinge of embeddings with those of the tick before."""
        before, self.anchor = self.anchor, now.detach()
        owner = self.others()
        if before is None:
            return None
        same = ((now - before).abs().sum(-1) - 1).clamp_min(0) * ~saccade
        other = (3 - (now - before[owner]).abs().sum(-1)).clamp_min(0)
        return (same.sum() + other.sum() / NEGATIVES) / self.streams

    def others(self) -> Tensor:
        """Return the streams whose memories are negatives of each stream."""
        offsets = torch.randperm(self.streams - 1, generator=self.generator)[:NEGATIVES, None] + 1
        return (torch.arange(self.streams) + offsets) % self.streams

    def layer_wise(self, frame: Tensor, saccade: Tensor) -> None:
        """See a frame and learn from it by InfoNCE in every layer."""
        x, losses, now = frame, [], []
        before, owner = self.anchors, self.others()
        for number in range(5):
            x = self.layer(number, x.detach())
            z = x.mean((2, 3))
            now.append(z.detach())
            if before:
                dendrite = before[number] @ self.heads[number][0].T
                scores = torch.stack([(z * own).sum(1) for own in (dendrite, *dendrite[owner])])
                losses.append(((scores.logsumexp(0) - scores[0]) * ~saccade).sum() / self.streams)
        self.anchors = now
        self.change(torch.stack(losses).sum() if losses else None)

    def embedded(self, z: Tensor) -> Tensor:
        """Return the embedding, position by position."""
        return z.permute(0, 2, 3, 1).flatten(1) @ self.heads[0].T

    def end_to_end(self, frame: Tensor, saccade: Tensor) -> None:
        """See a frame and learn from it by back-propagation."""
        x = frame
        for number in range(5):
            x = self.layer(number, x)
        self.change(self.loss(self.embedded(x), saccade))

    def targets(self, frame: Tensor, saccade: Tensor) -> None:
        """See a frame and learn from it by difference target propagation."""
        x = [frame]
        for number in range(5):
            x.append(self.layer(number, x[-1].detach()))
        seen = [one.detach() for one in x]
        loss = self.loss(self.embedded(x[5]), saccade)
        if loss is None:
            self.learn(seen)
            self.change(None)
            return
        self.learn(seen)
        (error,) = torch.autograd.grad(loss, x[5], retain_graph=True)
        with torch.no_grad():
            target = seen[5] - error * self.streams
            wanted = []
            for number in range(4, 0, -1):
                upper = seen[number + 1]
                target = seen[number] + self.inverse(number, target) - self.inverse(number, upper)
                wanted.append(target)
        local = [(x[n] - t).square().sum() / self.streams for n, t in zip(range(4, 0, -1), wanted, strict=True)]
        self.change(torch.stack([loss, *local]).sum())

    def learn(self, seen: list[Tensor]) -> None:
        """Let the inverses learn."""
        losses = [(self.inverse(n, seen[n + 1]) - seen[n]).square().sum() for n in range(1, 5)]
        self.learner.zero_grad()
        (torch.stack(losses).sum() / self.streams).backward()
        self.learner.step()

    def change(self, loss: Tensor | None) -> None:
        """Change the weights."""
        self.optimiser.zero_grad()
        if loss is None:  # the learner's first step counts, though it goes nowhere
            for weight in self.weights:
                weight.grad = torch.zeros_like(weight)
        else:
            loss.backward()
        self.optimiser.step()


def _copies(layers: State) -> list[list[Tensor]]:
    """Return weight and bias of every layer, bottom to top."""
    return [[layers[n][key].clone().requires_grad_() for key in ("weight", "bias")] for n in sorted(layers)]


def compare(
    name: str, rule: Rule, credit: SpatialCredit, step: Callable[[Loop], Callable[..., None]], given: argparse.Namespace
) -> None:
    """Let both learn from the same frames in turns, and print how long each takes."""
    streams, ticks = given.streams, given.ticks
    told = LastSaccades()
    agent = Learner(
        TangCifarEncoder(), rule, ShortTermMemory(1),
        [OwnMemory((1,), negative=0.0), PeerMemory(NEGATIVES, (1,))], Adam(RATE), calibration=Calibration(0),
        retina=Transparent(), spatial_credit=credit,
    )  # fmt: skip
    pathway = Pathway(Static((3, 32, 32)), agent, ScriptedSaccades([7, 11, 12]))
    simulation = Simulation(pathway, instruments=[told], streams=streams)
    state = simulation.state["eye"]["agent"]
    first = _copies(state["layers"])
    loop, frame = Loop(state, streams), simulation.state["eye"]["environment"]["frame"].clone()
    pairs = []
    for _ in range(5 + ticks):
        ours = seconds(lambda: simulation.run(1))
        pairs.append((ours, seconds(lambda: step(loop)(frame, told.saccade))))
    mine, hand = (statistics.median(column) * 1e3 for column in zip(*pairs[5:], strict=True))
    ratio = statistics.median(ours / theirs for ours, theirs in pairs[5:])
    last = _copies(simulation.state["eye"]["agent"]["layers"])
    apart, moved = (_distance(last, other) for other in (loop.layers, first))
    print(
        f"{name}: learner {mine:.1f} ms, loop {hand:.1f} ms, {ratio:.2f} times as long; weights moved by {moved:.4f} "
        f"and lie {apart:.5f} apart",
        flush=True,
    )


def _distance(one: list[list[Tensor]], other: list[list[Tensor]]) -> float:
    pairs = [(a, b) for left, right in zip(one, other, strict=True) for a, b in zip(left, right, strict=True)]
    return sum(float((a - b).detach().square().sum()) for a, b in pairs) ** 0.5


def main() -> None:
    """Compare for each kind of credit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--ticks", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    keep_memory()
    hinge = ContrastiveHinge(calibrate=None)
    compare("end to end", hinge, EndToEnd(), lambda loop: loop.end_to_end, given)
    compare("targets", hinge, DifferenceTargetPropagation(), lambda loop: loop.targets, given)
    compare("InfoNCE, layer-wise", InfoNCE(), Local(), lambda loop: loop.layer_wise, given)


if __name__ == "__main__":
    main()
