"""Gradient descent, by PyTorch's fused kernel."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.sgd import sgd

from streamsim.contracts import State, require

from .optimiser import Optimiser


class SGD(Optimiser):
    """Gradient descent without momentum by default: nothing carries over from one fixation to the next.

    Args:
        learning_rate: step size; 0 learns nothing.
        momentum: share of the last step that is repeated, 0 to 1.
        every: as in `Optimiser`.
    """

    def __init__(self, learning_rate: float = 1e-2, momentum: float = 0.0, every: int = 1) -> None:
        super().__init__(learning_rate, every)
        require(0 <= momentum < 1, f"SGD.momentum must lie in [0, 1) (got {momentum})")
        self.momentum = momentum

    def reset(self, parameter: Tensor) -> State:
        """See `Optimiser.reset`."""
        return {"momentum": torch.zeros_like(parameter)} if self.momentum else {}

    def step(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], kept: Sequence[State], rate: float) -> None:
        """See `Optimiser.step`."""
        sgd(
            list(weights),
            list(gradients),
            [k.get("momentum") for k in kept],
            fused=True,
            weight_decay=0.0,
            momentum=self.momentum,
            lr=self.learning_rate * rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )
