"""The shuffled twin of preset clapp-stl10: the same network, rule and losses on shuffled batches, by autograd.

    python benchmarks/shuffled_clapp.py ROOT [--updates N] [--probe-every N] [--seed N]

Each update takes 32 pictures drawn at random, all of their 7 x 7 patches at once, as the papers' code does: the
positive of a patch is the one d rows above it in the same picture, the negative the one at that place in another
picture. The first weights are those of the stream's learner after its calibration, and the probes are the same. One
update here stands beside one update of the stream, which averages the seven ticks of a picture. Prints one JSON line
per probe.
"""

import argparse
import json
import time

import torch
from torch import Tensor

from streamsim.agents import CLAPP, Adam, Learner
from streamsim.config import Experiment, configure
from streamsim.contracts import Environment, State, leaves
from streamsim.evaluation import evaluate

ROWS = 7


def scans(world: Environment, streams: int, count: int, seed: int) -> list[Tensor]:
    """Return *count* sweeps of fresh pictures, each (rows, streams, 1, 16, 16)."""
    state = world.reset(streams, seed, torch.device("cpu"))
    sweeps, forced = [], torch.ones(streams, dtype=torch.bool)
    for _ in range(count):
        frames = []
        for _ in range(ROWS):
            state, scene = world.look(state, forced)
            frames.append(scene.frame)
            forced = scene.ends
        sweeps.append(torch.stack(frames))
    return sweeps


def hinge(target: Tensor, source: Tensor, weight: Tensor, sign: float) -> Tensor:
    """Return the summed loss max(0, 1 - y target . W source)."""
    return (1 - sign * (target * (source @ weight.T)).sum(-1)).clamp_min(0).sum()


def layer_loss(agent: Learner, rule: State, readout: Tensor, shuffle: Tensor) -> Tensor:
    """Return the loss of one layer; *readout* is (rows, streams, width)."""
    assert isinstance(agent.rule, CLAPP)
    assert agent.rule.homeostasis is not None
    for row in readout.detach():
        rule |= agent.rule.update_statistics(rule, row)
    normal = agent.rule.homeostasis.normal(rule, readout)
    total = torch.zeros(())
    for predictor, lag in enumerate(agent.lags):
        assert lag is not None
        z, c = normal[lag:], normal[:-lag]
        for context, sign in ((c, 1.0), (c[:, shuffle], -1.0)):
            total = total + hinge(z, context.detach(), rule["pred"][predictor], sign)
            total = total + hinge(context, z.detach(), rule["retro"][predictor], sign)
    return total / (len(agent.lags) * readout.shape[1] * ROWS)


def update(agent: Learner, state: State, frames: Tensor, optimiser: torch.optim.Optimizer, seed: int) -> None:
    """Learn from one batch of pictures."""
    streams = frames.shape[1]
    pictures = streams // ROWS
    step = 1 + int(torch.randint(pictures - 1, (), generator=torch.Generator().manual_seed(seed)))
    shuffle = (torch.arange(streams) + step * ROWS) % streams
    x, loss = agent.retina.see(frames.flatten(0, 1)), torch.zeros(())
    for name, layer in zip(agent.layers, agent.encoder.layers, strict=True):
        z = layer.forward(state["layers"][name], x)["z"]
        readout = agent.rule.read(state["rule"][name], z).unflatten(0, (ROWS, streams))
        loss = loss + layer_loss(agent, state["rule"][name], readout, shuffle)
        x = z.detach()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def prepared(root: str, seed: int) -> tuple[Experiment, Learner, State]:
    """Return the experiment and its learner's state after calibration, its weights ready for autograd."""
    experiment = configure("clapp-stl10", {"environment.root": root, "seed": str(seed)}).experiment
    agent = experiment.agent
    assert isinstance(agent, Learner)
    simulation = experiment.build()
    simulation.run(agent.calibration.ticks)
    state: State = simulation.snapshot()["eye"]["agent"]
    for name, weight in leaves({kind: state[kind] for kind in ("layers", "rule")}):
        if name.split(".")[-1] in ("weight", "bias", "pred", "retro"):
            weight.requires_grad_()
    return experiment, agent, state


def main() -> None:
    """Learn and print the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("--updates", type=int, default=298)
    parser.add_argument("--probe-every", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    experiment, agent, state = prepared(options.root, options.seed)
    assert isinstance(agent.optimiser, Adam)
    optimiser = torch.optim.Adam([w for _, w in leaves(state) if w.requires_grad], lr=agent.optimiser.learning_rate)
    start = time.monotonic()
    for number in range(options.updates + 1):
        if number % options.probe_every == 0 or number == options.updates:
            with torch.no_grad():
                rows = evaluate(agent, state, experiment.environment, experiment.probes)
            accuracy = {row["layer"]: round(row["accuracy"], 4) for row in rows if row["probe"] == "linear"}
            print(
                json.dumps({"updates": number, "seconds": round(time.monotonic() - start), "linear": accuracy}),
                flush=True,
            )
        (frames,) = scans(experiment.environment, experiment.streams, 1, seed=options.seed * 100_003 + number)
        update(agent, state, frames, optimiser, seed=number)


if __name__ == "__main__":
    main()
