"""Layers whose weight gradients are closed forms of what the layer itself saw and did: no autograd, no graph."""

import math
from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.errors import ConfigurationError, require

from .activations import Activation, ReLU
from .pooling import NoPool, Pool
from .tape import Tape

Parameters = dict[str, Tensor]


class Layer(ABC):
    """Feed-forward weights of one area.

    A layer computes z = rho(W x + b), perhaps pooled. Its weight gradient is dW_ji = sum of delta_j rho'(a_j) x_i, with
    delta_j what arrives at unit j (dLoss/dz_j): pre- and postsynaptic activity and the unit's own dendrite, no more.
    """

    @abstractmethod
    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of z without the stream axis for inputs of *shape*."""

    @abstractmethod
    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """Return freshly drawn weights for inputs of *shape*."""

    @abstractmethod
    def forward(self, parameters: Parameters, x: Float[Tensor, "n *shape"]) -> Tape:
        """Return the tape of this layer for input *x*: "x", "z" and what `gradient` needs besides."""

    @abstractmethod
    def gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, "n *out"]) -> Parameters:
        """Return dLoss/d(parameter) for each parameter, summed over streams.

        Args:
            parameters: the layer's weights.
            tape: of the frame to be credited.
            delta: dLoss/dz; may broadcast over positions.
        """


class Conv(Layer):
    """A square convolution: weights shared by all positions.

    Args:
        channels: feature maps.
        kernel: side of the receptive field in pixels.
        stride: pixels from one receptive field to the next.
        padding: pixels of zeros around the input.
        pool: pooling of the layer's own activity; by default none.
        activation: nonlinearity; by default ReLU.
        bias: whether units have a bias.
        gain: first weights are drawn from U(-b, b) with b = gain / sqrt(fan in); 1 is PyTorch's own default, which both
            papers use; sqrt(6) keeps the power of ReLU activity from layer to layer (He et al. 2015).
    """

    def __init__(
        self,
        channels: int,
        kernel: int = 3,
        stride: int = 1,
        padding: int = 1,
        pool: Pool | None = None,
        activation: Activation | None = None,
        bias: bool = True,
        gain: float = 1.0,
    ) -> None:
        for name, value, least in (("channels", channels, 1), ("kernel", kernel, 1), ("stride", stride, 1)):
            require(value >= least, f"Conv.{name} must be at least {least} (got {value})")
        require(padding >= 0, f"Conv.padding must not be negative (got {padding})")
        require(gain > 0, f"Conv.gain must be positive (got {gain})")
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.pool = pool or NoPool()
        self.activation = activation or ReLU()
        self.bias = bias
        self.gain = gain

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See `Layer.output_shape`."""
        if len(shape) != 3:
            raise ConfigurationError(f"Conv needs pictures of shape (channels, height, width) (got {shape})")
        height, width = (side // self.pool.size for side in self._map(shape))
        require(
            min(height, width) >= 1,
            f"Conv({self.channels}): nothing is left of pictures of {shape[1]} x {shape[2]} pixels; "
            "pool less, pad more or use larger frames",
        )
        return (self.channels, height, width)

    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """See `Layer.parameters`."""
        fan_in = shape[0] * self.kernel**2
        weight = uniform((self.channels, shape[0], self.kernel, self.kernel), self.gain, fan_in, generator)
        return {"weight": weight} | (
            {"bias": uniform((self.channels,), 1.0, fan_in, generator)} if self.bias else {}
        )

    def forward(self, parameters: Parameters, x: Float[Tensor, "n c h w"]) -> Tape:
        """See `Layer.forward`."""
        weight, bias = (cast(parameters.get(name), x.dtype) for name in ("weight", "bias"))
        a = F.conv2d(x, weight, bias, self.stride, self.padding)
        return {"x": x} | self.pool.forward(a, self.activation)

    def gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, "n c ph pw"]) -> Parameters:
        """See `Layer.gradient`."""
        x = tape["x"]
        da = self.pool.backward(delta.to(x.dtype), tape, self.activation, self._map(x.shape[1:]))
        _, weight, bias = torch.ops.aten.convolution_backward(
            da,
            x,
            cast(parameters["weight"], x.dtype),
            [self.channels] if self.bias else None,
            [self.stride, self.stride],
            [self.padding, self.padding],
            [1, 1],
            False,
            [0, 0],
            1,
            [False, True, self.bias],
        )
        master = parameters["weight"].dtype
        return {"weight": weight.to(master)} | ({"bias": bias.to(master)} if self.bias else {})

    def _map(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return height and width of the summed input for pictures of *shape*."""
        height, width = ((side + 2 * self.padding - self.kernel) // self.stride + 1 for side in shape[1:])
        return height, width


class Linear(Layer):
    """A fully connected layer over the flattened input.

    Args:
        units: size of the output.
        activation: nonlinearity; by default ReLU.
        bias: whether units have a bias.
        gain: as in `Conv`.
    """

    def __init__(self, units: int, activation: Activation | None = None, bias: bool = True, gain: float = 1.0) -> None:
        require(units >= 1, f"Linear.units must be at least 1 (got {units})")
        require(gain > 0, f"Linear.gain must be positive (got {gain})")
        self.units = units
        self.activation = activation or ReLU()
        self.bias = bias
        self.gain = gain

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See `Layer.output_shape`."""
        return (self.units,)

    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """See `Layer.parameters`."""
        fan_in = math.prod(shape)
        weight = uniform((self.units, fan_in), self.gain, fan_in, generator)
        return {"weight": weight} | ({"bias": uniform((self.units,), 1.0, fan_in, generator)} if self.bias else {})

    def forward(self, parameters: Parameters, x: Float[Tensor, "n *shape"]) -> Tape:
        """See `Layer.forward`."""
        weight, bias = (cast(parameters.get(name), x.dtype) for name in ("weight", "bias"))
        return {"x": x, "z": self.activation.apply_(F.linear(x.flatten(1), weight, bias))}

    def gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, "n units"]) -> Parameters:
        """See `Layer.gradient`."""
        x = tape["x"].flatten(1)
        da = self.activation.backward(delta.to(x.dtype), tape["z"])
        master = parameters["weight"].dtype
        return {"weight": (da.T @ x).to(master)} | ({"bias": da.sum(0).to(master)} if self.bias else {})


def uniform(shape: tuple[int, ...], gain: float, fan_in: int, generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """Return weights drawn from U(-b, b), b = gain / sqrt(fan in)."""
    return (2 * torch.rand(shape, generator=generator) - 1) * (gain / math.sqrt(fan_in))


def cast(tensor: Tensor | None, dtype: torch.dtype) -> Tensor | None:
    """Return *tensor* in *dtype*, or None for None."""
    return None if tensor is None else tensor.to(dtype)
