"""A tick beside the loop that one would write by hand: plain PyTorch, autograd, the same losses and schedule.

    python benchmarks/loop.py [--images 1 4 16] [--ticks 20] [--threads 2]

As the authors of CLAPP have it: VGG-6, an image is seven columns of grey 16 x 16 patches, a tick a row of them, five
lags, W_pred and W_retro, an update at every row. The loop keeps the graphs of the last five frames and credits them as
the rule does; after the ticks its weights are those of the learner, which is printed. Both take turns in one run; what
counts is the median of the ratios.
"""

import argparse
import statistics
import time
from collections import deque
from collections.abc import Callable

import torch
from tick import Static
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d

from streamsim import BernoulliSaccades, Instrument, Pathway, Simulation, TickRecord
from streamsim.agents import CLAPP, Adam, Calibration, Learner, OwnMemory, Transparent, VGG6Encoder
from streamsim.contracts import leaves
from streamsim.runs import keep_memory

COLUMNS = 7
LAGS = (1, 2, 3, 4, 5)
POOLED = (False, True, False, True, True, True)
RATE = 2e-4


class LastSaccades(Instrument):
    """Keeps what the learner was told last."""

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        self.saccade = record.glimpse.saccade


class Loop:
    """The same network by hand.

    Args:
        state: of the learner, whose first weights it takes.
    """

    def __init__(self, state: dict[str, dict[str, dict[str, Tensor]]]) -> None:
        names = sorted(state["layers"])
        self.layers = [[state["layers"][n][k].clone() for k in ("weight", "bias")] for n in names]
        self.heads = [[state["rule"][n][k].clone() for k in ("pred", "retro")] for n in names]
        self.weights = [w for group in (*self.layers, *self.heads) for w in group]
        self.optimiser = torch.optim.Adam(self.weights, RATE, fused=True)
        self.past: deque[tuple[list[Tensor], list[Tensor], Tensor]] = deque(maxlen=len(LAGS))
        self.fixation: Tensor | None = None

    def forward(self, frame: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the read-out of every layer and the leaves that it depends on."""
        readouts, used, x = [], [], frame
        for (weight, bias), pooled in zip(self.layers, POOLED, strict=True):
            # their own version counter, so that an update does not forbid to credit this frame later
            own = [weight.data.requires_grad_(), bias.data.requires_grad_()]
            z = torch.relu(conv2d(x.detach(), *own, padding=1))
            x = max_pool2d(z, 2) if pooled else z
            readouts.append(x.mean((2, 3)))
            used += own
        return readouts, used

    def step(self, frame: Tensor, saccade: Tensor) -> None:
        """See a frame and learn from it."""
        self.fixation = saccade.long() if self.fixation is None else self.fixation + saccade
        now, used = self.forward(frame)
        heads = [[w.data.requires_grad_() for w in pair] for pair in self.heads]
        losses = []
        share = 1 / (len(LAGS) * len(frame))
        for lag, (then, _, fixation) in enumerate(reversed(self.past)):
            sign = torch.where(fixation == self.fixation, 1.0, -1.0)
            for z, c, (pred, retro) in zip(now, then, heads, strict=True):
                score = (z * (c.detach() @ pred[lag].T)).sum(1)
                gate = torch.where(sign * score < 1, sign, 0.0).detach()
                back = (c * (z.detach() @ retro[lag].T)).sum(1)
                losses.append(((1 - sign * score).clamp_min(0) - gate * back).sum() * share)
        if losses:
            frames = [used, *(then_used for _, then_used, _ in self.past)]
            flat = [w for one in frames for w in one] + [w for pair in heads for w in pair]
            found = torch.autograd.grad(torch.stack(losses).sum(), flat, retain_graph=True)
            count = len(used)
            for i, weight in enumerate(self.weights[:count]):
                weight.grad = sum((found[f * count + i] for f in range(1, len(frames))), found[i])
            for weight, gradient in zip(self.weights[count:], found[len(frames) * count :], strict=True):
                weight.grad = gradient
        else:  # the learner's first step counts, though it goes nowhere
            for weight in self.weights:
                weight.grad = torch.zeros_like(weight)
        self.optimiser.step()
        self.past.append((now, used, self.fixation))


def seconds(action: Callable[[], object]) -> float:
    """Return the wall time of *action*."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(images: int, ticks: int, bfloat16: bool) -> None:
    """Let both learn from the same frames in turns, and print how long each takes."""
    told = LastSaccades()
    memory_of = OwnMemory(LAGS)
    agent = Learner(
        VGG6Encoder(), CLAPP(), contrasts=[memory_of], optimiser=Adam(RATE), calibration=Calibration(0),
        retina=Transparent(), bfloat16=bfloat16,
    )  # fmt: skip
    pathway = Pathway(Static((1, 16, 16)), agent, BernoulliSaccades(0.1))
    simulation = Simulation(pathway, instruments=[told], streams=COLUMNS * images)
    first = {n: w.clone() for n, w in leaves(simulation.state["eye"]["agent"]["layers"])}
    loop = Loop(simulation.state["eye"]["agent"])
    frame = simulation.state["eye"]["environment"]["frame"].clone()
    pairs = []
    for _ in range(len(LAGS) + 3 + ticks):
        ours = seconds(lambda: simulation.run(1))
        pairs.append((ours, seconds(lambda: loop.step(frame, told.saccade))))
    pairs = pairs[len(LAGS) + 3 :]
    weights = [w for _, w in leaves(simulation.state["eye"]["agent"]["layers"])]
    theirs = {
        f"layer{i + 1}.{key}": w
        for i, own in enumerate(loop.layers)
        for key, w in zip(("weight", "bias"), own, strict=True)
    }
    apart = sum(float((w - theirs[n]).square().sum()) for n, w in zip(first, weights, strict=True)) ** 0.5
    moved = sum(float((w - first[n]).square().sum()) for n, w in zip(first, weights, strict=True)) ** 0.5
    mine, hand = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    ratio = statistics.median(h / m for m, h in pairs)
    kind, patches = "bfloat16" if bfloat16 else "float32", COLUMNS * images * 1e3
    print(
        f"{images:3} images, {kind:8}: learner {mine:7.1f} ms ({patches / mine:5.0f} patches/s), loop {hand:7.1f} ms "
        f"({patches / hand:5.0f} patches/s), {ratio:.2f} times as fast; weights moved by {moved:.4f} and lie "
        f"{apart:.4f} apart",
        flush=True,
    )


def main() -> None:
    """Compare for several numbers of images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--ticks", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    keep_memory()
    for images in given.images:
        for bfloat16 in (False, True):
            compare(images, given.ticks, bfloat16)


if __name__ == "__main__":
    main()
