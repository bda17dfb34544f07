"""Adam, by PyTorch's fused kernel."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam

from streamsim.contracts import State, require

from .optimiser import Optimiser


class Adam(Optimiser):
    """Adam (Kingma & Ba 2015).

    Args:
        learning_rate: step size; 0 learns nothing.
        beta1: memory of the mean gradient, 0 to 1.
        beta2: memory of the squared gradient, 0 to 1.
        epsilon: smallest denominator, greater than 0.
        every: as in `Optimiser`.
    """

    def __init__(
        self,
        learning_rate: float = 2e-4,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        every: int = 1,
    ) -> None:
        super().__init__(learning_rate, every)
        for name, beta in (("beta1", beta1), ("beta2", beta2)):
            require(0 <= beta < 1, f"Adam.{name} must lie in [0, 1) (got {beta})")
        require(0 < epsilon < math.inf, f"Adam.epsilon must be greater than 0 and finite (got {epsilon})")
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def reset(self, parameter: Tensor) -> State:
        """See `Optimiser.reset`."""
        return {
            "mean": torch.zeros_like(parameter),
            "square": torch.zeros_like(parameter),
            "steps": torch.zeros((), dtype=torch.float32, device=parameter.device),
        }

    def step(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], kept: Sequence[State], rate: float) -> None:
        """See `Optimiser.step`."""
        adam(
            list(weights),
            list(gradients),
            [k["mean"] for k in kept],
            [k["square"] for k in kept],
            [],
            [k["steps"] for k in kept],
            fused=True,
            amsgrad=False,
            beta1=self.beta1,
            beta2=self.beta2,
            lr=self.learning_rate * rate,
            weight_decay=0.0,
            eps=self.epsilon,
            maximize=False,
        )
