"""RMSProp, by PyTorch's kernel for many tensors."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.rmsprop import rmsprop

from streamsim.contracts import State, require

from .optimiser import Optimiser


class RMSProp(Optimiser):
    """Gradient divided by its running size, without momentum.

    Args:
        learning_rate: step size; 0 learns nothing.
        alpha: memory of the squared gradient, 0 to 1.
        epsilon: smallest denominator, greater than 0.
        every: as in `Optimiser`.
    """

    def __init__(self, learning_rate: float = 2e-4, alpha: float = 0.99, epsilon: float = 1e-8, every: int = 1) -> None:
        super().__init__(learning_rate, every)
        require(0 <= alpha < 1, f"RMSProp.alpha must lie in [0, 1) (got {alpha})")
        require(0 < epsilon < math.inf, f"RMSProp.epsilon must be greater than 0 and finite (got {epsilon})")
        self.alpha = alpha
        self.epsilon = epsilon

    def reset(self, parameter: Tensor) -> State:
        """See `Optimiser.reset`."""
        return {
            "square": torch.zeros_like(parameter),
            "steps": torch.zeros((), dtype=torch.float32, device=parameter.device),
        }

    def step(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], kept: Sequence[State], rate: float) -> None:
        """See `Optimiser.step`."""
        rmsprop(
            list(weights),
            list(gradients),
            [k["square"] for k in kept],
            [],
            [],
            [k["steps"] for k in kept],
            foreach=True,
            lr=self.learning_rate * rate,
            alpha=self.alpha,
            eps=self.epsilon,
            weight_decay=0.0,
            momentum=0.0,
            centered=False,
        )
