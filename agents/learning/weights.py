"""The weights that a learner begins with."""

from collections.abc import Sequence

from streamsim import State
from streamsim.agents.credit import SpatialCredit
from streamsim.agents.encoders import Encoder
from streamsim.agents.rules import Rule
from streamsim.contracts import generator_for

from .comparison import Comparer


def drawn(
    encoder: Encoder,
    comparer: Comparer,
    spatial: SpatialCredit,
    shapes: Sequence[tuple[int, ...]],
    predictors: int,
    seed: int,
) -> State:
    """Return fresh weights of layers and rule; one seed draws the same layers whatever learns in them.

    Args:
        encoder: the layers.
        comparer: knows which weights of its own the rule has in the layers that it judges.
        spatial: may add weights to layers.
        shapes: of the input of every layer, and last of the output of the uppermost.
        predictors: how many lags the rule compares the present with.
        seed: of all draws.
    """
    weights: State = {"layers": {}, "rule": {}}
    for name, layer, below in zip(encoder.names, encoder.layers, shapes, strict=False):
        own, heads = (generator_for(seed, part, name) for part in ("weights", "rule"))
        weights["layers"][name] = layer.parameters(below, own)
        if name in comparer.sources:
            weights["rule"][name] = comparer.drawn(name, shapes, predictors, heads)
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
