"""Convolution in time that hears a signal piece by piece and remembers the little that receptive fields overlap."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.contracts import ConfigurationError, require

from .base import FeedForward, Parameters, Tape
from .response import Activation, ReLU
from .tensors import kept_where, uniform


class CausalConv(FeedForward):
    """A convolution over time, of which each column reaches *kernel* columns of the input back and none ahead.

    An input of C columns gives C / stride columns. The last kernel - stride columns of the input are kept for the next
    one, so that the pieces of a signal give what the whole signal gives; a fixation begins with silence in their place.
    Activity of all units at a moment lies side by side in memory, which makes receptive fields rows of a matrix that
    nobody needs to copy.

    Args:
        channels: units at every moment.
        kernel: extent of receptive fields in columns of the input, at least *stride*.
        stride: columns of the input from one column of the output to the next.
        activation: nonlinearity; by default ReLU.
        bias: whether units have a bias.
        gain: as in `Conv`.
    """

    conducts = True

    def __init__(
        self,
        channels: int,
        kernel: int,
        stride: int = 1,
        activation: Activation = ReLU(),
        bias: bool = True,
        gain: float = 1.0,
    ) -> None:
        require(channels >= 1, f"CausalConv.channels must be at least 1 (got {channels})")
        require(1 <= stride <= kernel, f"CausalConv.stride must be 1 to kernel ({kernel}) (got {stride})")
        require(gain > 0, f"CausalConv.gain must be positive (got {gain})")
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.activation = activation
        self.bias = bias
        self.gain = gain
        self.overlap = kernel - stride

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See `Layer.output_shape`."""
        if len(shape) != 2:
            raise ConfigurationError(f"CausalConv needs signals of shape (channels, columns a frame) (got {shape})")
        require(
            shape[1] % self.stride == 0,
            f"CausalConv.stride ({self.stride}) must divide the columns that a frame brings ({shape[1]})",
        )
        return (self.channels, shape[1] // self.stride)

    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """See `Layer.parameters`."""
        fan_in = shape[0] * self.kernel
        weight = uniform((self.channels, shape[0], self.kernel), self.gain, fan_in, generator)
        bias = {"bias": uniform((self.channels,), 1.0, fan_in, generator)} if self.bias else {}
        # copied even if there is one channel, which lies well as it is: what lies as gradients do is added at once
        laid = weight.transpose(1, 2).clone(memory_format=torch.contiguous_format).transpose(1, 2)
        return {"weight": laid} | bias

    def carried(self, shape: tuple[int, ...], streams: int, learning: bool = True) -> Parameters:
        """Return the silence before the first column."""
        return {"window": torch.zeros(streams, self.overlap, shape[0]).transpose(1, 2)}

    def advance(
        self,
        parameters: Parameters,
        carried: Parameters,
        x: Float[Tensor, "n c columns"],
        goes_on: Bool[Tensor, " n"],
        number: int,
    ) -> tuple[Parameters, Tape]:
        """See `Layer.advance`."""
        before = kept_where(goes_on, carried["window"]).to(x.dtype)
        heard = torch.cat((before.transpose(1, 2), x.transpose(1, 2)), 1).transpose(1, 2)
        kept = heard[..., heard.shape[2] - self.overlap :]
        return {"window": moments_first(kept.clone())}, self.forward(parameters, heard)

    def forward(self, parameters: Parameters, x: Float[Tensor, "n c heard"]) -> Tape:
        """See `Layer.forward`; *x* begins with the columns that were kept."""
        return {"x": x, "z": self.activation.apply_(self.preactivation(parameters, x))}

    def preactivation(self, parameters: Parameters, x: Float[Tensor, "n c heard"]) -> Float[Tensor, "n m columns"]:
        """See `Layer.preactivation`."""
        weight = parameters["weight"].to(x.dtype)
        bias = parameters["bias"].to(x.dtype) if "bias" in parameters else None
        fields = self._fields(x)
        preactivation = F.linear(fields.flatten(0, 1), weight.transpose(1, 2).flatten(1), bias)
        return preactivation.view(*fields.shape[:2], self.channels).transpose(1, 2)

    def frame_gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"]) -> Parameters:
        """See `FeedForward.frame_gradient`."""
        return self.hebbian(parameters, tape["x"], self.preactivation_gradient(tape, delta))

    def preactivation_gradient(self, tape: Tape, delta: Float[Tensor, "n m #columns"]) -> Float[Tensor, "n m columns"]:
        """See `FeedForward.preactivation_gradient`."""
        return self.activation.backward(delta.to(tape["x"].dtype), tape["z"])

    def hebbian(
        self,
        parameters: Parameters,
        x: Float[Tensor, "n c heard"],
        preactivation_gradient: Float[Tensor, "n m columns"],
    ) -> Parameters:
        """See `FeedForward.hebbian`."""
        master = parameters["weight"].dtype
        post = preactivation_gradient.transpose(1, 2).flatten(0, 1)
        product = post.T @ self._fields(x).flatten(0, 1)
        weight = product.view(self.channels, self.kernel, -1).transpose(1, 2)
        return {"weight": weight.to(master)} | ({"bias": post.sum(0).to(master)} if self.bias else {})

    def input_gradient(
        self,
        parameters: Parameters,
        tape: Tape,
        preactivation_gradient: Float[Tensor, "n m columns"],
        through: Float[Tensor, "m c k"],
    ) -> Float[Tensor, "n c present"]:
        """See `FeedForward.input_gradient`; columns of earlier inputs, which the layer keeps, are not credited."""
        post = preactivation_gradient
        heard = F.conv_transpose1d(post, through.to(post.dtype), None, self.stride)
        return heard[..., self.overlap :]

    def _fields(self, x: Float[Tensor, "n c heard"]) -> Float[Tensor, "n columns field"]:
        """Return the receptive field of every column as a row, a view: moment by moment, all channels of a moment."""
        moments = moments_first(x).transpose(1, 2)
        streams, heard, channels = moments.shape
        size = (streams, (heard - self.kernel) // self.stride + 1, self.kernel * channels)
        return moments.as_strided(size, (heard * channels, self.stride * channels, 1), moments.storage_offset())


def moments_first(x: Float[Tensor, "n c columns"]) -> Float[Tensor, "n c columns"]:
    """Return *x* with all channels of a moment side by side in memory."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)
