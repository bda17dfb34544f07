"""From gradients to weights. The arithmetic is PyTorch's own fused kernels; the state is plain tensors."""

import math
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

    knobs = frozenset({"learning_rate"})

    def __init__(self, learning_rate: float, every: int = 1) -> None:
        name, usable = type(self).__name__, 0 <= learning_rate < math.inf
        require(usable, f"{name}.learning_rate must be 0 or more (got {learning_rate}), and finite")
        require(every >= 1, f"{name}.every must be at least 1 tick (got {every})")
        self.learning_rate, self.every = learning_rate, every

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


def _orthogonal(gradient: Tensor, direction: Tensor) -> Tensor:
    """Return the part of *gradient* at right angles to *direction*, all of it where that is zero."""
    square = torch.linalg.vector_norm(direction).square().clamp_min(torch.finfo(direction.dtype).tiny)
    return torch.addcmul(gradient, direction, (gradient * direction).sum() / square, value=-1)
