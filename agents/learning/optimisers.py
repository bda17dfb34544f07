"""From gradients to weights. The arithmetic is PyTorch's own fused kernels; the state is plain tensors."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from streamsim.contracts import State, require


class Optimiser(ABC):
    """Changes weights in place.

    Args:
        learning_rate: step size, 0 or more; at 0 nothing is learnt, the control of all that is.
        every: ticks whose gradients are averaged into one update; 1 updates at every tick.
    """

    def __init__(self, learning_rate: float, every: int = 1) -> None:
        name = type(self).__name__
        require(learning_rate >= 0, f"{name}.learning_rate must be 0 or more (got {learning_rate})")
        require(every >= 1, f"{name}.every must be at least 1 tick (got {every})")
        self.learning_rate = learning_rate
        self.every = every

    @abstractmethod
    def reset(self, parameter: Tensor) -> State:
        """Return what is kept for one weight tensor."""

    @abstractmethod
    def step(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], kept: Sequence[State], rate: float) -> None:
        """Change *weights* and *kept* in place; *rate* is a factor on the learning rate."""


class Adam(Optimiser):
    """Adam (Kingma & Ba 2015).

    Args:
        learning_rate: step size; 0 learns nothing.
        beta1: memory of the mean gradient, 0 to 1.
        beta2: memory of the squared gradient, 0 to 1.
        epsilon: smallest denominator.
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
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

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


class RMSProp(Optimiser):
    """Gradient divided by its running size, without momentum.

    Args:
        learning_rate: step size; 0 learns nothing.
        alpha: memory of the squared gradient, 0 to 1.
        epsilon: smallest denominator.
        every: as in `Optimiser`.
    """

    def __init__(self, learning_rate: float = 2e-4, alpha: float = 0.99, epsilon: float = 1e-8, every: int = 1) -> None:
        super().__init__(learning_rate, every)
        require(0 <= alpha < 1, f"RMSProp.alpha must lie in [0, 1) (got {alpha})")
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
