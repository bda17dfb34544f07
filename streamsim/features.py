"""Frozen features of labelled examples, computed in batches so that memory stays bounded."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .agent import Agent
from .environment import Labelled
from .randomness import derive
from .readout import Readout
from .tree import State, leaves

PIXELS = "pixels"
ALL = "all layers"


def choose(labelled: Labelled, count: int | None) -> Int[Tensor, "chosen"]:
    """Return the indices of *count* examples with a known label (all if None), the same ones at every call."""
    known = torch.nonzero(labelled.labels >= 0)[:, 0]
    if count is None or count >= len(known):
        return known
    # shuffled: labelled data often lie sorted by class
    generator = torch.Generator().manual_seed(derive(0, "labelled examples"))
    return known[torch.randperm(len(known), generator=generator)[:count]].sort().values


def gather(
    agent: Agent,
    state: State,
    labelled: Labelled,
    chosen: Int[Tensor, "chosen"],
    readout: Readout,
    *,
    batch: int = 256,
) -> dict[str, Float[Tensor, "chosen features"]]:
    """Return the features of every layer, averaged over the parts of an example, and those of all layers side by side.

    Args:
        agent: whose features.
        state: its state, which is not touched.
        labelled: the examples.
        chosen: which of them.
        readout: how a layer's activity becomes features.
        batch: most frames that are on the device at once, at least 1.
    """
    rows: dict[str, list[Tensor]] = {}
    for parts, frames in batches(labelled, chosen, batch, home(state)):
        for layer, activity in features(agent, state, frames).items():
            rows.setdefault(layer, []).append(_average(readout(activity.float()), parts))
    table = {layer: torch.cat(found) for layer, found in rows.items()}
    return {**table, ALL: torch.cat(list(table.values()), 1)} if len(table) > 1 else table


def gather_pixels(
    labelled: Labelled, chosen: Int[Tensor, "chosen"], readout: Readout, *, batch: int = 256
) -> dict[str, Float[Tensor, "chosen features"]]:
    """Return the raw frames read in the same way as a layer: what a probe can do without any agent."""
    rows = [_average(readout(x.float()), parts) for parts, x in batches(labelled, chosen, batch, torch.device("cpu"))]
    return {PIXELS: torch.cat(rows)}


def batches(
    labelled: Labelled, chosen: Int[Tensor, "chosen"], batch: int, device: torch.device
) -> Iterator[tuple[int, Float[Tensor, "frames *shape"]]]:
    """Yield the number of parts of an example and the frames of a few examples, the parts of one after the other."""
    parts = labelled.fetch(chosen[:1]).shape[1]
    for some in torch.split(chosen, max(1, batch // parts)):
        yield parts, labelled.fetch(some).flatten(0, 1).to(device)


@torch.no_grad()
def features(agent: Agent, state: State, frames: Float[Tensor, "n *shape"]) -> dict[str, Float[Tensor, "n *activity"]]:
    """Return `Agent.features` layer by layer from bottom to top, without a graph."""
    found = agent.features(state, frames)
    return {layer: found[layer] for layer in agent.layers if layer in found}


def home(state: State) -> torch.device:
    """Return the device on which an agent's state lies; random generators always lie on the CPU."""
    devices = {tensor.device for _, tensor in leaves(state)}
    return next((device for device in devices if device.type != "cpu"), torch.device("cpu"))


def _average(features: Float[Tensor, "frames features"], parts: int) -> Float[Tensor, "examples features"]:
    return features.reshape(len(features) // parts, parts, -1).mean(1)
