"""Steps that become shorter."""

from collections.abc import Sequence

import torch
from torch import Tensor

from streamsim.contracts import State, require

from .adam import Adam
from .optimiser import Optimiser


class LinearDecay(Optimiser):
    """Steps that become shorter at every update, in a straight line, and then stay short.

    What the last frames say is then averaged over many small steps instead of being written over at full length. A
    weight tensor's k-th step (from 0) is taken at the rate of *optimiser* times

        1 - (1 - final) min(k / updates, 1)

    Args:
        updates: after which the rate has come down; as a rule those of the whole run, at least 1.
        final: share of the learning rate that is left then, 0 to 1.
        optimiser: makes the step; how large at first and how often is for it to say.
    """

    def __init__(self, updates: int, final: float = 0.1, optimiser: Optimiser = Adam()) -> None:
        super().__init__(optimiser.learning_rate, optimiser.every)
        require(updates >= 1, f"LinearDecay.updates must be at least 1 (got {updates})")
        require(0 <= final <= 1, f"LinearDecay.final must lie in [0, 1] (got {final})")
        self.updates = updates
        self.final = final
        self.optimiser = optimiser

    def reset(self, parameter: Tensor) -> State:
        """See `Optimiser.reset`."""
        return {"taken": torch.zeros((), dtype=torch.int64), "step": self.optimiser.reset(parameter)}

    def step(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], kept: Sequence[State], rate: float) -> None:
        """See `Optimiser.step`."""
        counts = [int(own["taken"]) for own in kept]
        for count in sorted(set(counts)):  # layers that do not all learn at every update have counts of their own
            here = [i for i, own in enumerate(counts) if own == count]
            inner = [kept[i].get("step", {}) for i in here]  # a restored state has no empty branches
            share = 1 - (1 - self.final) * min(count / self.updates, 1)
            self.optimiser.step([weights[i] for i in here], [gradients[i] for i in here], inner, rate * share)
        for own in kept:
            own["taken"] += 1
