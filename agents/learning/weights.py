"""The weights that a learner begins with."""

from collections.abc import Sequence

import torch

from streamsim import State
from streamsim.agents.credit import SpatialCredit
from streamsim.agents.encoders import Encoder
from streamsim.agents.rules import Rule
from streamsim.contracts import derive


def drawn(
    encoder: Encoder,
    rule: Rule,
    spatial: SpatialCredit,
    shapes: Sequence[tuple[int, ...]],
    predictors: int,
    seed: int,
) -> State:
    """Return fresh weights of layers and rule; one seed draws the same layers whatever learns in them.

    Args:
        encoder: the layers.
        rule: has weights of its own in the layers that it judges.
        spatial: may add weights to layers.
        shapes: of the input of every layer, and last of the output of the uppermost.
        predictors: how many lags the rule compares the present with.
        seed: of all draws.
    """
    weights: State = {"layers": {}, "rule": {}}
    judged = spatial.judged(encoder.names)
    for name, layer, below, above in zip(encoder.names, encoder.layers, shapes, shapes[1:], strict=False):
        own, heads = (torch.Generator().manual_seed(derive(seed, part, name)) for part in ("weights", "rule"))
        weights["layers"][name] = layer.parameters(below, own)
        other = (below,) if layer.predicts_below else ()
        if name in judged:
            weights["rule"][name] = rule.parameters(above, predictors, heads, *other)
    for name, added in spatial.weights(encoder, shapes, seed).items():
        weights["layers"][name] |= added
    return weights


def alignments(encoder: Encoder, rule: Rule, spatial: SpatialCredit, state: State) -> dict[str, float]:
    """Return named angles in degrees between weights that theory says should align; see `Agent.alignments`."""
    found: dict[str, float] = {}
    for name in encoder.names:
        own = {**rule.alignments(state["rule"].get(name, {})), **spatial.alignments(state["layers"][name])}
        found |= {f"{name}: {what}": degrees for what, degrees in own.items()}
    return found
