"""Layers whose weight gradients are closed forms of what the layer itself saw and did: no autograd, no graph."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.errors import ConfigurationError, require

from .activations import Activation, ReLU
from .normalisation import RunningNorm
from .pooling import NoPool, Pool
from .tape import Parameters, Tape


class Layer(ABC):
    """The weights of one area.

    Most layers see one frame at a time. A layer with a past of its own says what it keeps (`carried`), defines
    `advance`, and says how far back it sees (`window`, `overlap`).

    Attributes:
        window: how many inputs the layer sees at once, and inputs from one activity to the next; (1, 1) for no window.
        overlap: for a layer over the columns of signals, how many columns of earlier inputs it sees as well.
        rescalable: whether `rescaled` can do what it says.
        recurrent: whether the layer keeps a state of its own.
        predicts_below: whether what the layer's past is asked to predict is the present of the layer below.
    """

    window: tuple[int, int] = (1, 1)
    overlap: int = 0
    rescalable: bool = True
    recurrent: bool = False
    predicts_below: bool = False

    def carried(self, shape: tuple[int, ...], streams: int, learning: bool = True) -> Parameters:
        """Return what the layer keeps from frame to frame before the first one, streams first.

        Args:
            shape: of its inputs.
            streams: how many.
            learning: whether what only credit needs is kept too.
        """
        return {}

    def advance(
        self,
        parameters: Parameters,
        carried: Parameters,
        x: Float[Tensor, "n *shape"],
        begins: Bool[Tensor, "n"],
        number: int,
    ) -> tuple[Parameters, Tape | None]:
        """Return what is kept after input *x* and the tape, or None if the layer does not act now.

        Args:
            parameters: the weights.
            carried: what was kept; it is not written into.
            x: the input.
            begins: streams whose fixation began after the last input, so that what was kept no longer counts.
            number: how many inputs came before this one.
        """
        return carried, self.forward(parameters, x)

    def settled(self, parameters: Parameters, tape: Tape) -> Parameters:
        """Return those of the layer's own quantities that follow activity without a gradient, after this frame."""
        return {}

    def learnt(self, parameters: Parameters) -> frozenset[str]:
        """Return the names of those of *parameters* that gradients change."""
        return frozenset(parameters)

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
    def drive(self, parameters: Parameters, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n *summed"]:
        """Return the summed input a = W x + b, units first after the stream axis."""

    @abstractmethod
    def rescaled(
        self, parameters: Parameters, scale: Float[Tensor, "units"], shift: Float[Tensor, "units"]
    ) -> Parameters:
        """Return parameters whose summed input is *scale* times the former one plus *shift*, if there is a bias."""

    @abstractmethod
    def gradients(self, parameters: Parameters, tapes: Sequence[Tape], deltas: Sequence[Tensor]) -> Parameters:
        """Return dLoss/d(parameter) for each parameter that is learnt, summed over frames and streams.

        Args:
            parameters: the weights.
            tapes: of the frames to be credited.
            deltas: dLoss/dz of each; may broadcast over positions.
        """

    def gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, "n *out"]) -> Parameters:
        """Return `gradients` of one frame."""
        return self.gradients(parameters, (tape,), (delta,))


class FeedForward(Layer):
    """A layer whose weight gradient is the product of what arrives at its units and what they saw.

    dW_ji = sum of delta_j rho'(a_j) x_i, with delta_j what arrives at unit j (dLoss/dz_j): pre- and postsynaptic
    activity and the unit's own dendrite, no more.
    """

    @abstractmethod
    def arriving(self, tape: Tape, delta: Float[Tensor, "n *out"]) -> Float[Tensor, "n *summed"]:
        """Return dLoss/da = delta rho'(a), routed to the winners of pooling.

        Args:
            tape: of the frame to be credited.
            delta: dLoss/dz; may broadcast over positions.
        """

    @abstractmethod
    def hebbian(
        self, parameters: Parameters, x: Float[Tensor, "n *shape"], arriving: Float[Tensor, "n *summed"]
    ) -> Parameters:
        """Return the sum over streams and positions of *arriving* times *x*, the gradient of each parameter."""

    def rescaled(
        self, parameters: Parameters, scale: Float[Tensor, "units"], shift: Float[Tensor, "units"]
    ) -> Parameters:
        """See `Layer.rescaled`."""
        weight = parameters["weight"]
        changed = {"weight": weight * scale.view(-1, *[1] * (weight.ndim - 1))}
        return changed | ({"bias": parameters["bias"] * scale + shift} if "bias" in parameters else {})

    def gradients(self, parameters: Parameters, tapes: Sequence[Tape], deltas: Sequence[Tensor]) -> Parameters:
        """Return the sum of the gradients of several frames, by whichever of two equal ways moves fewer bytes."""
        arriving = [self.arriving(tape, delta) for tape, delta in zip(tapes, deltas, strict=True)]
        inputs = [tape["x"] for tape in tapes]
        if len(tapes) > 1 and sum(a.numel() for a in arriving) < parameters["weight"].numel():
            return self.hebbian(parameters, torch.cat(inputs), torch.cat(arriving))
        total = self.hebbian(parameters, inputs[0], arriving[0])
        for x, a in zip(inputs[1:], arriving[1:], strict=True):
            for key, value in self.hebbian(parameters, x, a).items():
                total[key] += value
        return total


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
        norm: batch normalisation in its running-statistics form; by default none.
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
        self.pool = pool or NoPool()
        self.activation = activation or ReLU()
        self.bias = bias
        self.gain = gain
        self.norm = norm
        self.rescalable = norm is None  # a normalised drive does not follow its weights

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
        return {"weight": channels_last(weight)} | bias | (self.norm.reset(self.channels) if self.norm else {})

    def forward(self, parameters: Parameters, x: Float[Tensor, "n c h w"]) -> Tape:
        """See `Layer.forward`."""
        x = channels_last(x)
        drive = self.drive(parameters, x)
        seen = {} if self.norm is None else self.norm.seen(parameters, drive)
        return {"x": x} | seen | self.pool.forward(drive, self.activation)

    def drive(self, parameters: Parameters, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n m ah aw"]:
        """See `Layer.drive`."""
        effective = parameters if self.norm is None else self.norm.folded(parameters)
        weight, bias = in_dtype(effective, x.dtype)
        return F.conv2d(x, weight, bias, self.stride, self.padding)

    def settled(self, parameters: Parameters, tape: Tape) -> Parameters:
        """See `Layer.settled`."""
        return {} if self.norm is None else self.norm.settled(parameters, tape)

    def learnt(self, parameters: Parameters) -> frozenset[str]:
        """See `Layer.learnt`."""
        return frozenset(parameters) & {"weight", "bias"}

    def arriving(self, tape: Tape, delta: Float[Tensor, "n c ph pw"]) -> Float[Tensor, "n c h w"]:
        """See `Layer.arriving`."""
        x = tape["x"]
        return self.pool.backward(cast(delta, x.dtype), tape, self.activation, self._map(x.shape[1:]))

    def hebbian(
        self, parameters: Parameters, x: Float[Tensor, "n c h w"], arriving: Float[Tensor, "n m ah aw"]
    ) -> Parameters:
        """See `Layer.hebbian`."""
        master = parameters["weight"].dtype
        few = arriving.numel() // self.channels <= self.channels
        weight = self._from_patches(x, arriving) if few else self._from_maps(parameters, x, arriving)
        if self.norm is not None:
            weight = weight * self.norm.scale(parameters).view(-1, 1, 1, 1)
        return {"weight": cast(weight, master)} | ({"bias": cast(arriving.sum((0, 2, 3)), master)} if self.bias else {})

    def _from_maps(self, parameters: Parameters, x: Tensor, arriving: Tensor) -> Tensor:
        """Return the weight gradient by the library's convolution, which is best for many positions."""
        _, weight, _ = torch.ops.aten.convolution_backward(
            channels_last(arriving),
            channels_last(x),
            cast(parameters["weight"], x.dtype),
            None,
            [self.stride, self.stride],
            [self.padding, self.padding],
            [1, 1],
            False,
            [0, 0],
            1,
            [False, True, False],
        )
        gradient: Tensor = weight
        return gradient

    def _from_patches(self, x: Tensor, arriving: Tensor) -> Tensor:
        """Return the same by one matrix product, which is best where positions are fewer than units.

        Weights are many then, and a convolution would copy them from one memory order to another and back.
        """
        side, pad = self.kernel, self.padding
        padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, pad, pad, pad, pad))
        fields = padded.unfold(1, side, self.stride).unfold(2, side, self.stride).permute(0, 1, 2, 4, 5, 3)
        flat = fields.reshape(-1, side * side * x.shape[1])
        product = arriving.permute(0, 2, 3, 1).reshape(-1, self.channels).T @ flat
        return product.view(self.channels, side, side, x.shape[1]).permute(0, 3, 1, 2)

    def _map(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return height and width of the summed input for pictures of *shape*."""
        height, width = ((side + 2 * self.padding - self.kernel) // self.stride + 1 for side in shape[1:])
        return height, width


class Linear(FeedForward):
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
        return {"x": x, "z": self.activation.apply_(self.drive(parameters, x))}

    def drive(self, parameters: Parameters, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n units"]:
        """See `Layer.drive`."""
        weight, bias = in_dtype(parameters, x.dtype)
        return F.linear(x.flatten(1), weight, bias)

    def arriving(self, tape: Tape, delta: Float[Tensor, "n units"]) -> Float[Tensor, "n units"]:
        """See `Layer.arriving`."""
        return self.activation.backward(cast(delta, tape["x"].dtype), tape["z"])

    def hebbian(
        self, parameters: Parameters, x: Float[Tensor, "n *shape"], arriving: Float[Tensor, "n units"]
    ) -> Parameters:
        """See `Layer.hebbian`."""
        master = parameters["weight"].dtype
        weight = cast(arriving.T @ x.flatten(1), master)
        return {"weight": weight} | ({"bias": cast(arriving.sum(0), master)} if self.bias else {})


def uniform(shape: tuple[int, ...], gain: float, fan_in: int, generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """Return weights drawn from U(-b, b), b = gain / sqrt(fan in)."""
    return (2 * torch.rand(shape, generator=generator) - 1) * (gain / math.sqrt(fan_in))


def channels_last(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Return *x* with the channels of a pixel side by side in memory, where pooling is ten times as fast."""
    return x.contiguous(memory_format=torch.channels_last)


def in_dtype(parameters: Parameters, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
    """Return weight and bias, if there is one, in *dtype*."""
    bias = parameters.get("bias")
    return cast(parameters["weight"], dtype), None if bias is None else cast(bias, dtype)


def unless(begins: Bool[Tensor, "n"], kept: Float[Tensor, "n *shape"]) -> Float[Tensor, "n *shape"]:
    """Return *kept*, but 0 in the streams whose fixation begins."""
    return kept * (~begins).to(kept.dtype).view(-1, *[1] * (kept.ndim - 1))


def cast(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Return *tensor* in *dtype*; asking first is ten times cheaper than a conversion that does nothing."""
    return tensor if tensor.dtype is dtype else tensor.to(dtype)
