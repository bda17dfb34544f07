"""A layer over the last few frames: convolution in space and time."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim.contracts import require

from .base import FeedForward, Parameters, Tape
from .tensors import kept_where


class Window(FeedForward):
    """Shows a layer the last *frames* inputs at once, every *stride* inputs; in between it does not act.

    The inputs lie one after the other along the channels, so that a square convolution of k x k pixels over them is a
    convolution of frames x k x k in time and space. When the window is full of one fixation only the caller knows:
    windows lie on the ticks of the clock, and a saccade inside one empties what came before it.

    Args:
        layer: what sees them.
        frames: extent of the window in inputs, at least 1.
        stride: inputs from one window to the next; None for windows that lie side by side.
    """

    def __init__(self, layer: FeedForward, frames: int, stride: int | None = None) -> None:
        require(frames >= 1, f"Window.frames must be at least 1 input (got {frames})")
        require(stride is None or stride >= 1, f"Window.stride must be at least 1 input (got {stride})")
        alone = layer.window == (1, 1) and not layer.overlap
        require(alone, f"Window.layer must be a layer without a past of its own (got {type(layer).__name__})")
        self.layer = layer
        self.rescalable = layer.rescalable
        self.keeps_statistics = layer.keeps_statistics
        self.frames = frames
        self.stride = stride
        self.window = (frames, stride or frames)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """See `Layer.output_shape`."""
        return self.layer.output_shape(self._stacked(shape))

    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """See `Layer.parameters`."""
        return self.layer.parameters(self._stacked(shape), generator)

    def carried(self, shape: tuple[int, ...], streams: int, learning: bool = True) -> Parameters:
        """Return a window of nothing; its last input is always the present one and is not kept."""
        channels, *positions = shape
        return {"window": torch.zeros(streams, channels * (self.frames - 1), *positions)}

    def advance(
        self,
        parameters: Parameters,
        carried: Parameters,
        x: Float[Tensor, " n *shape"],
        goes_on: Bool[Tensor, " n"],
        number: int,
    ) -> tuple[Parameters, Tape | None]:
        """See `Layer.advance`."""
        seen = torch.cat((kept_where(goes_on, carried["window"]).to(x.dtype), x), 1)
        acts = (number + 1) % self.window[1] == 0
        return {"window": seen[:, x.shape[1] :].clone()}, self.forward(parameters, seen) if acts else None

    def forward(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Tape:
        """See `Layer.forward`."""
        return self.layer.forward(parameters, x)

    def preactivation(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *summed"]:
        """See `Layer.preactivation`."""
        return self.layer.preactivation(parameters, x)

    def frame_gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"]) -> Parameters:
        """See `FeedForward.frame_gradient`."""
        return self.layer.frame_gradient(parameters, tape, delta)

    def preactivation_gradient(self, tape: Tape, delta: Float[Tensor, " n *out"]) -> Float[Tensor, " n *summed"]:
        """See `FeedForward.preactivation_gradient`."""
        return self.layer.preactivation_gradient(tape, delta)

    def hebbian(
        self, parameters: Parameters, x: Float[Tensor, " n *shape"], preactivation_gradient: Float[Tensor, " n *summed"]
    ) -> Parameters:
        """See `FeedForward.hebbian`."""
        return self.layer.hebbian(parameters, x, preactivation_gradient)

    def update_statistics(self, parameters: Parameters, tape: Tape) -> Parameters:
        """See `Layer.update_statistics`."""
        return self.layer.update_statistics(parameters, tape)

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """See `Layer.trainable`."""
        return self.layer.trainable(parameters)

    def _stacked(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0] * self.frames, *shape[1:])
