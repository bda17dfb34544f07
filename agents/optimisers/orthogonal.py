"""Steps along what is new in a gradient."""

from collections.abc import Sequence

import torch
from torch import Tensor

from streamsim.contracts import State, require

from .optimiser import Optimiser
from .sgd import SGD


class Orthogonal(Optimiser):
    """Steps only along what is new in a gradient: the part at right angles to what gradients usually are.

    Neighbouring frames of one stream ask for nearly the same change over and over. With g_t the gradient of a weight
    tensor and c_t its running mean, another optimiser is given u_t in place of g_t (Han et al. 2025, "Learning from
    Streaming Video with Orthogonal Gradients"):

        u_t = g_t - c_{t-1} (g_t . c_{t-1}) / |c_{t-1}|^2,    c_0 = 0
        c_t = beta c_{t-1} + (1 - beta) g_t

    The projection is on the mean *before* this gradient, and the mean is that of whole gradients, which is how we read
    them: a mean of u_t, or one that holds g_t already, would take something else away. The first step is an ordinary
    one. g_t is the gradient of an update, so a mean over ticks if the optimiser averages some.

    Args:
        optimiser: makes the step; how large and how often is for it to say.
        beta: memory of the mean gradient, 0 to 1; 0 compares with the last gradient only.
    """

    def __init__(self, optimiser: Optimiser = SGD(), beta: float = 0.9) -> None:
        super().__init__(optimiser.learning_rate, optimiser.every)
        require(0 <= beta < 1, f"Orthogonal.beta must lie in [0, 1) (got {beta})")
        self.optimiser = optimiser
        self.beta = beta

    def reset(self, parameter: Tensor) -> State:
        """See `Optimiser.reset`."""
        return {"usual": torch.zeros_like(parameter), "step": self.optimiser.reset(parameter)}

    def step(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], kept: Sequence[State], rate: float) -> None:
        """See `Optimiser.step`."""
        new = [_orthogonal(gradient, own["usual"]) for gradient, own in zip(gradients, kept, strict=True)]
        inner = [own.get("step", {}) for own in kept]  # a restored state has no empty branches
        self.optimiser.step(weights, new, inner, rate)
        for gradient, own in zip(gradients, kept, strict=True):
            own["usual"].lerp_(gradient, 1 - self.beta)


def _orthogonal(gradient: Tensor, direction: Tensor) -> Tensor:
    """Return the part of *gradient* at right angles to *direction*, all of it where that is zero."""
    square = torch.linalg.vector_norm(direction).square().clamp_min(torch.finfo(direction.dtype).tiny)
    return torch.addcmul(gradient, direction, (gradient * direction).sum() / square, value=-1)
