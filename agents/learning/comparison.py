"""What a rule makes of a meeting of present and past, layer by layer."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.encoders import Encoder, RateGroup
from streamsim.agents.layers import Tape
from streamsim.agents.memory import Recall
from streamsim.agents.rules import Lesson, Pairs, Rule
from streamsim.contracts import PairRecord, State

from .metrics import QUANTITIES


class Meeting(NamedTuple):
    """What meets at a tick.

    Attributes:
        group: the layers.
        readouts: the present read-out of each.
        recall: what they remember.
    """

    group: RateGroup
    readouts: list[Tensor]
    recall: Recall


def comparison(meetings: Sequence[Meeting]) -> PairRecord | None:
    """Return what instruments may know of what the fastest layers are compared with, pairs in one row."""
    if not meetings:
        return None
    group, _, recall = meetings[0]
    # the tick of a layer's n-th activity
    birth = (
        recall.birth if group.every == 1 else torch.where(recall.birth < 0, -1, (recall.birth + 1) * group.every - 1)
    )
    return PairRecord(*(t.flatten(0, 1) for t in (birth, recall.owner, recall.same, recall.weight)))


def table(
    layers: int, found: Sequence[tuple[Sequence[int], Tensor]], device: torch.device
) -> Float[Tensor, "layers quantities"]:
    """Return one row of metrics for each of so many *layers*, nan where none was *found*."""
    if len(found) == 1 and len(found[0][0]) == layers:
        return found[0][1]
    dtype = found[0][1].dtype if found else torch.float32
    rows = torch.full((layers, len(QUANTITIES)), torch.nan, dtype=dtype, device=device)
    for numbers, own in found:
        rows[list(numbers)] = own
    return rows


def widths(readouts: Sequence[Float[Tensor, "streams _"]]) -> list[int]:
    """Return how many numbers each layer's read-out has."""
    return [readout.shape[1] for readout in readouts]


class Teaching:
    """Lets a rule look at layers of an encoder.

    Args:
        encoder: the layers.
        rule: the rule.
        factored: whether gradients may be left as outer products.
    """

    def __init__(self, encoder: Encoder, rule: Rule, factored: bool = False) -> None:
        self.encoder = encoder
        self.rule = rule
        self.factored = factored

    def lessons(self, state: State, tapes: dict[str, Tape], meeting: Meeting, layers: Sequence[int]) -> list[Lesson]:
        """Return the lesson of each of *layers*, which are some of the meeting's; *state* is a learner's."""
        group, readouts, recall = meeting
        sign, names = recall.sign, self.encoder.names
        pasts = torch.split(recall.past, widths(readouts), -1)
        own = dict(zip(group.layers, zip(readouts, pasts, strict=True), strict=True))
        return [
            self.rule.learn(
                state["rule"][names[i]],
                Pairs(tapes[names[i]]["z"], *own[i], sign, recall.weight, self._target(state, i, own), self.factored),
            )
            for i in layers
        ]

    def _target(self, state: State, layer: int, own: dict[int, tuple[Tensor, Tensor]]) -> Tensor | None:
        """Return what a layer's past predicts if that is the layer below it."""
        if not self.encoder.layers[layer].predicts_below:
            return None
        return self.rule.normalised(state["rule"][self.encoder.names[layer - 1]], own[layer - 1][0])
