"""A stack of layers."""

from collections.abc import Sequence

from jaxtyping import Float, Int
from torch import Tensor

from streamsim.agents.layers import Layer, Parameters, Tape
from streamsim.contracts import require

from .timing import RateGroup, Timing, narrowed, rate_groups, timings


class Encoder:
    """A stack of layers.

    Args:
        layers: bottom to top.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        require(len(layers) > 0, "Encoder.layers must name at least one layer")
        self.layers = tuple(layers)
        self.names = tuple(f"layer{number}" for number in range(1, len(self.layers) + 1))
        self._timings: dict[tuple[int, ...], tuple[Timing, ...]] = {}
        self._groups: dict[tuple[tuple[int, ...], tuple[str, ...]], tuple[RateGroup, ...]] = {}

    def shapes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the input shape of every layer, and last the output shape of the uppermost, for frames of *shape*."""
        shapes = [shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return shapes

    def timings(self, shape: tuple[int, ...]) -> tuple[Timing, ...]:
        """Return when each layer acts, bottom to top, for frames of *shape*."""
        if shape not in self._timings:
            self._timings[shape] = timings(self.layers, shape)
        return self._timings[shape]

    def rate_groups(self, shape: tuple[int, ...], names: Sequence[str] | None = None) -> tuple[RateGroup, ...]:
        """Return which layers (of these *names*) act together, the fastest first, for frames of *shape*."""
        key = (shape, tuple(names or self.names))
        if key not in self._groups:
            self._groups[key] = narrowed(rate_groups(self.layers, self.names, self.timings(shape)), key[1])
        return self._groups[key]

    def carried(self, shape: tuple[int, ...], streams: int, learning: bool = True) -> dict[str, Parameters]:
        """Return what layers keep before the first of frames of *shape*; arguments as for `Layer.carried`."""
        kept = {
            name: layer.carried(below, streams, learning)
            for name, layer, below in zip(self.names, self.layers, self.shapes(shape)[:-1], strict=True)
        }
        return {name: own for name, own in kept.items() if own}

    def advance(
        self,
        weights: dict[str, Parameters],
        carried: dict[str, Parameters],
        frame: Float[Tensor, " n *shape"],
        age: Int[Tensor, " n"],
        tick: int,
    ) -> tuple[dict[str, Parameters], dict[str, Tape]]:
        """Return what layers keep after *frame*, and the tapes of those that act.

        Args:
            weights: of every layer.
            carried: what layers kept.
            frame: what the first layer sees.
            age: ticks that the present fixation has lasted before this one.
            tick: number of the frame.
        """
        kept, tapes, x, every, goes_on = dict(carried), {}, frame, 1, age >= 1
        for name, layer, timing in zip(self.names, self.layers, self.timings(tuple(frame.shape[1:])), strict=True):
            after, tape = layer.advance(weights[name], carried.get(name, {}), x, goes_on, tick // every)
            kept |= {name: after} if after else {}
            if tape is None:
                break
            tapes[name], x = tape, tape["z"]
            if timing.every != every:
                every, goes_on = timing.every, age >= timing.every
        return kept, tapes

    def forward(self, weights: dict[str, Parameters], frame: Float[Tensor, " n *shape"]) -> dict[str, Tape]:
        """Return the tapes of all layers, none of which has a past of its own."""
        tapes: dict[str, Tape] = {}
        x = frame
        for name, layer in zip(self.names, self.layers, strict=True):
            tapes[name] = layer.forward(weights[name], x)
            x = tapes[name]["z"]
        return tapes

    @property
    def has_past(self) -> bool:
        """Whether any layer keeps something from frame to frame."""
        return any(layer.recurrent or layer.overlap or layer.window != (1, 1) for layer in self.layers)
