"""Approximate inverses of layers, learnt as auto-encoders: from what a layer does back to what it probably saw."""

import math
from abc import ABC, abstractmethod
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.agents.layers import Activation, Conv, Layer, Linear, Parameters, uniform
from streamsim.contracts import ConfigurationError, require


class Inverse(ABC):
    """The way back through one layer, g: x' = sigma(V z + b), which learns |g(z) - x|^2.

    Args:
        activation: sigma.
    """

    def __init__(self, activation: Activation) -> None:
        self.activation = activation

    @abstractmethod
    def parameters(self, generator: torch.Generator) -> Parameters:
        """Return weight V and bias b, freshly drawn."""

    @abstractmethod
    def summed(self, parameters: Parameters, z: Float[Tensor, " n *out"]) -> Float[Tensor, " n *shape"]:
        """Return V z + b in the shape of what the layer saw."""

    @abstractmethod
    def hebbian(
        self, parameters: Parameters, z: Float[Tensor, " n *out"], arriving: Float[Tensor, " n *shape"]
    ) -> Parameters:
        """Return the gradients of V and b: what arrives at the units of x' times *z*, over streams and positions."""

    def apply(self, parameters: Parameters, z: Float[Tensor, " n *out"]) -> Float[Tensor, " n *shape"]:
        """Return what the layer probably saw."""
        return self.activation.apply_(self.summed(parameters, z))

    def gradient(
        self, parameters: Parameters, z: Float[Tensor, " n *out"], x: Float[Tensor, " n *shape"], share: float
    ) -> Parameters:
        """Return the gradients of *share* times |g(z) - x|^2, summed over streams."""
        made = self.apply(parameters, z)
        return self.hebbian(parameters, z, self.activation.backward((made - x) * (2 * share), made))


class Deconvolution(Inverse):
    """The inverse of a convolution with its pooling: a strided transposed convolution, which learns to un-pool too.

    Tang, Yang & Amit 2022: the stride is that of convolution and pooling together; who won in a pool is not used.

    Args:
        layer: what is inverted.
        shape: of what it saw.
        activation: as in `Inverse`.
    """

    def __init__(self, layer: Conv, shape: tuple[int, ...], activation: Activation) -> None:
        super().__init__(activation)
        self.layer = layer
        self.shape = shape
        self.stride = layer.stride * layer.pool.stride
        own = zip(shape[1:], layer.output_shape(shape)[1:], strict=True)
        self.rest = [side - ((out - 1) * self.stride - 2 * layer.padding + layer.kernel) for side, out in own]
        require(
            all(0 <= rest < self.stride for rest in self.rest),
            f"a transposed convolution of {layer.kernel} x {layer.kernel} pixels at stride {self.stride} cannot fill "
            f"pictures of {shape[1]} x {shape[2]} pixels: use kernels as large as the stride, and pools that divide "
            "the picture",
        )

    def parameters(self, generator: torch.Generator) -> Parameters:
        """See `Inverse.parameters`."""
        maps, side = self.layer.channels, self.layer.kernel
        fan_in = max(1, maps * side**2 // self.stride**2)
        weight = uniform((maps, self.shape[0], side, side), 1.0, fan_in, generator)
        return {
            "weight": weight.contiguous(memory_format=torch.channels_last),
            "bias": torch.zeros(self.shape[0]),
        }

    def summed(self, parameters: Parameters, z: Float[Tensor, "n m ph pw"]) -> Float[Tensor, "n c h w"]:
        """See `Inverse.summed`."""
        weight, bias = (parameters[key].to(z.dtype) for key in ("weight", "bias"))
        return F.conv_transpose2d(z, weight, bias, self.stride, self.layer.padding, self.rest)

    def hebbian(
        self, parameters: Parameters, z: Float[Tensor, "n m ph pw"], arriving: Float[Tensor, "n c h w"]
    ) -> Parameters:
        """See `Inverse.hebbian`."""
        master = parameters["weight"].dtype
        padding, stride = [self.layer.padding] * 2, [self.stride] * 2
        geometry = (stride, padding, [1, 1], True, self.rest, 1, [False, True, False])
        # laid out as the weight is: fused optimisers take what lies alike for the same
        arriving, z = (t.contiguous(memory_format=torch.channels_last) for t in (arriving, z))
        weight = torch.ops.aten.convolution_backward(arriving, z, parameters["weight"].to(z.dtype), None, *geometry)[1]
        return {"weight": weight.to(master), "bias": arriving.sum((0, 2, 3)).to(master)}


class FullInverse(Inverse):
    """The inverse of a fully connected layer.

    Args:
        layer: what is inverted.
        shape: of what it saw.
        activation: as in `Inverse`.
    """

    def __init__(self, layer: Linear, shape: tuple[int, ...], activation: Activation) -> None:
        super().__init__(activation)
        self.layer = layer
        self.shape = shape

    def parameters(self, generator: torch.Generator) -> Parameters:
        """See `Inverse.parameters`."""
        units, features = self.layer.units, math.prod(self.shape)
        return {"weight": uniform((units, features), 1.0, units, generator), "bias": torch.zeros(features)}

    def summed(self, parameters: Parameters, z: Float[Tensor, "n units"]) -> Float[Tensor, " n *shape"]:
        """See `Inverse.summed`."""
        weight, bias = (parameters[key].to(z.dtype) for key in ("weight", "bias"))
        return torch.addmm(bias, z, weight).view(len(z), *self.shape)

    def hebbian(
        self, parameters: Parameters, z: Float[Tensor, "n units"], arriving: Float[Tensor, " n *shape"]
    ) -> Parameters:
        """See `Inverse.hebbian`."""
        master, flat = parameters["weight"].dtype, arriving.flatten(1)
        return {"weight": (z.T @ flat).to(master), "bias": flat.sum(0).to(master)}


@lru_cache(maxsize=64)  # asked at every tick
def inverse_of(layer: Layer, shape: tuple[int, ...], activation: Activation) -> Inverse:
    """Return an inverse of *layer*, which sees inputs of *shape*.

    Raises:
        ConfigurationError: nobody knows one.
    """
    if isinstance(layer, Conv) and layer.norm is None:
        return Deconvolution(layer, shape, activation)
    if isinstance(layer, Linear):
        return FullInverse(layer, shape, activation)
    raise ConfigurationError(
        f"difference target propagation knows no inverse of {type(layer).__name__}: use Conv without norm, or Linear"
    )
