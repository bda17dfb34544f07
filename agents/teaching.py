"""What a rule makes of a meeting of present and past, layer by layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from streamsim import State

from .encoder import Encoder
from .meeting import Meeting, widths
from .rule import Lesson, Pairs, Rule
from .tape import Tape


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
        pace, readouts, recall = meeting
        sign, names = recall.sign, self.encoder.names
        pasts = torch.split(recall.past, widths(readouts), -1)
        own = dict(zip(pace.layers, zip(readouts, pasts, strict=True), strict=True))
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
        return self.rule.seen(state["rule"][self.encoder.names[layer - 1]], own[layer - 1][0])
