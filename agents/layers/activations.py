"""Pointwise nonlinearities with their derivatives written in terms of their output."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


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
