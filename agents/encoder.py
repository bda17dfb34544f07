"""Encoders: layers bottom to top, and the ones that the papers use."""

from collections.abc import Sequence

from jaxtyping import Float, Int
from torch import Tensor

from streamsim.errors import require

from .activations import Hardtanh, Identity, Tanh
from .layers import Conv, Layer
from .paces import Pace, paces
from .pooling import AveragePool, MaxPool, Pool
from .tape import Parameters, Tape
from .timing import Timing, timings


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
        self._paces: dict[tuple[int, ...], tuple[Pace, ...]] = {}

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

    def paces(self, shape: tuple[int, ...]) -> tuple[Pace, ...]:
        """Return which layers act together, the fastest first, for frames of *shape*."""
        if shape not in self._paces:
            self._paces[shape] = paces(self.layers, self.timings(shape))
        return self._paces[shape]

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
        frame: Float[Tensor, "n *shape"],
        age: Int[Tensor, "n"],
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
        kept, tapes, x, every = dict(carried), {}, frame, 1
        for name, layer, timing in zip(self.names, self.layers, self.timings(tuple(frame.shape[1:])), strict=True):
            after, tape = layer.advance(weights[name], carried.get(name, {}), x, age < every, tick // every)
            kept |= {name: after} if after else {}
            if tape is None:
                break
            tapes[name], x, every = tape, tape["z"], timing.every
        return kept, tapes

    def forward(self, weights: dict[str, Parameters], frame: Float[Tensor, "n *shape"]) -> dict[str, Tape]:
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


class SmallEncoder(Encoder):
    """3 x 3 convolutions with max-pooling after every layer: a small default for 32 x 32 pixels.

    Args:
        channels: feature maps per layer.
        gain: scale of the first weights, as in `Conv`.
    """

    def __init__(self, channels: Sequence[int] = (32, 64, 128, 256), gain: float = 1.0) -> None:
        super().__init__([Conv(n, pool=MaxPool(2), gain=gain) for n in channels])


class TangCifarEncoder(Encoder):
    """The CIFAR network of Tang, Yang & Amit 2022: 32 Hardtanh | 32 pool | 64 Hardtanh | 64 pool | 512 pool.

    Args:
        width: factor on the number of feature maps.
    """

    def __init__(self, width: float = 1.0) -> None:
        pools = {1: MaxPool(2), 3: MaxPool(2), 4: MaxPool(2)}
        super().__init__(
            [
                Conv(scaled(n, width), pool=pools.get(i), activation=Identity() if i in pools else Hardtanh())
                for i, n in enumerate((32, 32, 64, 64, 512))
            ]
        )


class TangEmnistEncoder(Encoder):
    """The EMNIST network of Tang, Yang & Amit 2022: 32 pool tanh | 64 pool tanh | 128 pool tanh.

    Args:
        width: factor on the number of feature maps.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__([Conv(scaled(n, width), pool=MaxPool(2), activation=Tanh()) for n in (32, 64, 128)])


class VGG6Encoder(Encoder):
    """VGG-6 of Illing et al. 2021: 128 | 256 pool | 256 | 512 pool | 1024 pool | 1024 pool, ReLU.

    Args:
        width: factor on the number of feature maps.
        average_pool: pool by averages, as Tang, Yang & Amit 2022 do on STL-10, and not by maxima.
        gain: scale of the first weights, as in `Conv`.
    """

    def __init__(self, width: float = 1.0, average_pool: bool = False, gain: float = 1.0) -> None:
        pool: Pool = AveragePool(2) if average_pool else MaxPool(2)
        pools = (None, pool, None, pool, pool, pool)
        maps = (128, 256, 256, 512, 1024, 1024)
        super().__init__([Conv(scaled(n, width), pool=p, gain=gain) for n, p in zip(maps, pools, strict=True)])


def scaled(channels: int, width: float) -> int:
    """Return *channels* times *width*, at least 1."""
    require(width > 0, f"Encoder width must be positive (got {width})")
    return max(1, round(channels * width))
