"""From preactivation to activity: nonlinearities and pooling, each with the way back for credit.

Derivatives are written in terms of the output, so that only the output is kept; in pooling, who won learns.
"""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.contracts import require

from .base import Tape


class Activation(ABC):
    """A monotone nonlinearity rho whose derivative can be told from its output, so that only the output is kept."""

    @abstractmethod
    def apply_(self, a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return rho(a), written over *a*."""

    @abstractmethod
    def backward(self, delta: Float[Tensor, "*#shape"], z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return delta * rho'(a), where *z* is rho(a); *delta* may broadcast."""


class ReLU(Activation):
    """max(0, a)."""

    def apply_(self, a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.apply_`."""
        return F.relu_(a)

    def backward(self, delta: Float[Tensor, "*#shape"], z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.backward`."""
        gated: Tensor = torch.ops.aten.threshold_backward(delta.expand_as(z), z, 0)
        return gated


class LeakyReLU(Activation):
    """a where it is positive, else slope a: a unit that falls silent still hears its dendrite, and can come back.

    Args:
        slope: share of what lies below 0 that passes, above 0 and below 1.
    """

    def __init__(self, slope: float = 0.1) -> None:
        require(0 < slope < 1, f"LeakyReLU.slope must lie between 0 and 1 (got {slope})")
        self.slope = slope

    def apply_(self, a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.apply_`."""
        return F.leaky_relu_(a, self.slope)

    def backward(self, delta: Float[Tensor, "*#shape"], z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.backward`."""
        gated: Tensor = torch.ops.aten.leaky_relu_backward(delta.expand_as(z), z, self.slope, True)
        return gated


class Hardtanh(Activation):
    """a clipped to [-1, 1]."""

    def apply_(self, a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.apply_`."""
        return F.hardtanh_(a)

    def backward(self, delta: Float[Tensor, "*#shape"], z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.backward`."""
        gated: Tensor = torch.ops.aten.hardtanh_backward(delta.expand_as(z), z, -1.0, 1.0)
        return gated


class Tanh(Activation):
    """tanh(a)."""

    def apply_(self, a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.apply_`."""
        return torch.tanh_(a)

    def backward(self, delta: Float[Tensor, "*#shape"], z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.backward`."""
        gated: Tensor = torch.ops.aten.tanh_backward(delta.expand_as(z), z)
        return gated


class Identity(Activation):
    """a itself: a linear layer."""

    def apply_(self, a: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.apply_`."""
        return a

    def backward(self, delta: Float[Tensor, "*#shape"], z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """See `Activation.backward`."""
        return delta.expand_as(z)


class Pool(ABC):
    """Pools the summed input of a layer together with its nonlinearity.

    Args:
        size: side of the square window in pixels; rows and columns that do not fill a window are dropped.
        stride: pixels from one window to the next; None for windows that lie side by side.
    """

    def __init__(self, size: int = 2, stride: int | None = None) -> None:
        require(size >= 1, f"{type(self).__name__}.size must be at least 1 pixel (got {size})")
        require(stride is None or stride >= 1, f"{type(self).__name__}.stride must be at least 1 pixel (got {stride})")
        self.size = size
        self.stride = stride or size

    def pooled(self, side: int) -> int:
        """Return how many windows a map of *side* pixels has in a row."""
        return (side - self.size) // self.stride + 1

    @abstractmethod
    def forward(self, a: Float[Tensor, "n c h w"], activation: Activation) -> Tape:
        """Return the tape entries of pooled activity, "z" among them; *a* may be written over."""

    @abstractmethod
    def backward(
        self, delta: Float[Tensor, "n c ph pw"], tape: Tape, activation: Activation, shape: tuple[int, int]
    ) -> Float[Tensor, "n c h w"]:
        """Return dLoss/da, (h, w) being *shape*, from *delta* = dLoss/dz."""


class NoPool(Pool):
    """No pooling at all."""

    def __init__(self) -> None:
        super().__init__(1)

    def forward(self, a: Float[Tensor, "n c h w"], activation: Activation) -> Tape:
        """See `Pool.forward`."""
        return {"z": activation.apply_(a)}

    def backward(
        self, delta: Float[Tensor, "n c ph pw"], tape: Tape, activation: Activation, shape: tuple[int, int]
    ) -> Float[Tensor, "n c h w"]:
        """See `Pool.backward`."""
        return activation.backward(delta, tape["z"])


class MaxPool(Pool):
    """Winner-take-all inhibition: only the most active unit of a window is heard, and only it learns.

    Illing et al. 2021 read max-pooling so. The nonlinearity is monotone, so that pooling before it gives the same and
    costs a quarter.
    """

    def forward(self, a: Float[Tensor, "n c h w"], activation: Activation) -> Tape:
        """See `Pool.forward`."""
        pooled, winners = F.max_pool2d(a, self.size, self.stride, return_indices=True)
        return {"z": activation.apply_(pooled), "winners": winners}

    def backward(
        self, delta: Float[Tensor, "n c ph pw"], tape: Tape, activation: Activation, shape: tuple[int, int]
    ) -> Float[Tensor, "n c h w"]:
        """See `Pool.backward`."""
        gated = activation.backward(delta, tape["z"])
        if self.stride >= self.size:
            spread: Tensor = torch.ops.aten.max_unpool2d(gated, tape["winners"], shape)
            return spread
        # a unit may have won in several windows; only the shape of the first map is read
        a = gated.new_empty((*gated.shape[:2], *shape)).contiguous(memory_format=torch.channels_last)
        geometry = ([self.size] * 2, [self.stride] * 2, [0, 0], [1, 1], False)
        return torch.ops.aten.max_pool2d_with_indices_backward(gated, a, *geometry, tape["winners"])  # type: ignore[no-any-return]


class AveragePool(Pool):
    """The mean of a window's activity; windows must lie side by side.

    Args:
        size: as in `Pool`.
    """

    def __init__(self, size: int = 2) -> None:
        super().__init__(size)

    def forward(self, a: Float[Tensor, "n c h w"], activation: Activation) -> Tape:
        """See `Pool.forward`."""
        active = activation.apply_(a)
        return {"z": F.avg_pool2d(active, self.size), "active": active}

    def backward(
        self, delta: Float[Tensor, "n c ph pw"], tape: Tape, activation: Activation, shape: tuple[int, int]
    ) -> Float[Tensor, "n c h w"]:
        """See `Pool.backward`."""
        shared = delta.expand_as(tape["z"]) / self.size**2
        spread = shared.repeat_interleave(self.size, -2).repeat_interleave(self.size, -1)
        rest = (0, shape[1] - spread.shape[-1], 0, shape[0] - spread.shape[-2])
        return activation.backward(F.pad(spread, rest), tape["active"])
