"""A convolutional layer."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.contracts import ConfigurationError, require

from .base import FeedForward, Parameters, Tape
from .normalisation import RunningNorm
from .response import Activation, NoPool, Pool, ReLU
from .tensors import uniform

_INPUT, _WEIGHT = 0, 1  # of what a convolution's backward pass returns


class Conv(FeedForward):
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
        norm: batch normalisation in its running-statistics form; None for none.
    """

    conducts = True

    def __init__(
        self,
        channels: int,
        kernel: int = 3,
        stride: int = 1,
        padding: int = 1,
        pool: Pool = NoPool(),
        activation: Activation = ReLU(),
        bias: bool = True,
        gain: float = 1.0,
        norm: RunningNorm | None = None,
    ) -> None:
        for name, value, least in (("channels", channels, 1), ("kernel", kernel, 1), ("stride", stride, 1)):
            require(value >= least, f"Conv.{name} must be at least {least} (got {value})")
        require(padding >= 0, f"Conv.padding must not be negative (got {padding})")
        require(gain > 0, f"Conv.gain must be positive (got {gain})")
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.pool = pool
        self.activation = activation
        self.bias = bias
        self.gain = gain
        self.norm = norm
        self.rescalable = norm is None  # a normalised drive does not follow its weights
        self.keeps_statistics = norm is not None

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See `Layer.output_shape`."""
        if len(shape) != 3:
            raise ConfigurationError(f"Conv needs pictures of shape (channels, height, width) (got {shape})")
        height, width = (self.pool.pooled(side) for side in self._map(shape))
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
        bias = {"bias": uniform((self.channels,), 1.0, fan_in, generator)} if self.bias else {}
        return (
            {"weight": weight.contiguous(memory_format=torch.channels_last)}
            | bias
            | (self.norm.reset(self.channels) if self.norm else {})
        )

    def forward(self, parameters: Parameters, x: Float[Tensor, "n c h w"]) -> Tape:
        """See `Layer.forward`."""
        x = x.contiguous(memory_format=torch.channels_last)  # where pooling is ten times as fast
        preactivation = self.preactivation(parameters, x)
        own = {} if self.norm is None else self.norm.frame_statistics(parameters, preactivation)
        return {"x": x} | own | self.pool.forward(preactivation, self.activation)

    def preactivation(self, parameters: Parameters, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n m ah aw"]:
        """See `Layer.preactivation`."""
        effective = parameters if self.norm is None else self.norm.folded(parameters)
        bias = effective["bias"].to(x.dtype) if "bias" in effective else None
        return F.conv2d(x, effective["weight"].to(x.dtype), bias, self.stride, self.padding)

    def update_statistics(self, parameters: Parameters, tape: Tape) -> Parameters:
        """See `Layer.update_statistics`."""
        return {} if self.norm is None else self.norm.update_statistics(parameters, tape)

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """See `Layer.trainable`."""
        return frozenset(parameters) & {"weight", "bias"}

    def frame_gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"]) -> Parameters:
        """See `FeedForward.frame_gradient`."""
        return self.hebbian(parameters, tape["x"], self.preactivation_gradient(tape, delta))

    def preactivation_gradient(self, tape: Tape, delta: Float[Tensor, "n c ph pw"]) -> Float[Tensor, "n c h w"]:
        """See `FeedForward.preactivation_gradient`."""
        x = tape["x"]
        return self.pool.backward(delta.to(x.dtype), tape, self.activation, self._map(x.shape[1:]))

    def hebbian(
        self, parameters: Parameters, x: Float[Tensor, "n c h w"], preactivation_gradient: Float[Tensor, "n m ah aw"]
    ) -> Parameters:
        """See `FeedForward.hebbian`."""
        master = parameters["weight"].dtype
        few = preactivation_gradient.numel() // self.channels <= self.channels
        if few:
            weight = self._from_patches(x, preactivation_gradient)
        else:
            weight = self._from_maps(parameters, x, preactivation_gradient)
        if self.norm is not None:
            weight = weight * self.norm.scale(parameters).view(-1, 1, 1, 1)
        bias = {"bias": preactivation_gradient.sum((0, 2, 3)).to(master)} if self.bias else {}
        return {"weight": weight.to(master)} | bias

    def input_gradient(
        self,
        parameters: Parameters,
        tape: Tape,
        preactivation_gradient: Float[Tensor, "n m ah aw"],
        through: Float[Tensor, "m c k k"],
    ) -> Float[Tensor, "n c h w"]:
        """See `FeedForward.input_gradient`."""
        if self.norm is not None:
            through = through * self.norm.scale(parameters).view(-1, 1, 1, 1)
        return self._backward(tape["x"], through, preactivation_gradient, _INPUT)

    def _from_maps(self, parameters: Parameters, x: Tensor, preactivation_gradient: Tensor) -> Tensor:
        """Return the weight gradient by the library's convolution, which is best for many positions."""
        return self._backward(x, parameters["weight"], preactivation_gradient, _WEIGHT)

    def _backward(self, x: Tensor, weight: Tensor, preactivation_gradient: Tensor, wanted: int) -> Tensor:
        """Return the library's gradient of the input or of the weight."""
        gradient: Tensor = torch.ops.aten.convolution_backward(
            preactivation_gradient.contiguous(memory_format=torch.channels_last),
            x.contiguous(memory_format=torch.channels_last),
            weight.to(x.dtype),
            None,
            [self.stride, self.stride],
            [self.padding, self.padding],
            [1, 1],
            False,
            [0, 0],
            1,
            [number == wanted for number in range(3)],
        )[wanted]
        return gradient

    def _from_patches(self, x: Tensor, preactivation_gradient: Tensor) -> Tensor:
        """Return the same by one matrix product, which is best where positions are fewer than units.

        Weights are many then, and a convolution would copy them from one memory order to another and back.
        """
        side, pad = self.kernel, self.padding
        padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, pad, pad, pad, pad))
        fields = padded.unfold(1, side, self.stride).unfold(2, side, self.stride).permute(0, 1, 2, 4, 5, 3)
        flat = fields.reshape(-1, side * side * x.shape[1])
        product = preactivation_gradient.permute(0, 2, 3, 1).reshape(-1, self.channels).T @ flat
        return product.view(self.channels, side, side, x.shape[1]).permute(0, 3, 1, 2)

    def _map(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return height and width of the summed input for pictures of *shape*."""
        height, width = ((side + 2 * self.padding - self.kernel) // self.stride + 1 for side in shape[1:])
        return height, width
