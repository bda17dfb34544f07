"""Encoders of pictures, as the papers use them, and a small default."""

import math
from collections.abc import Sequence

from streamsim.agents.layers import Activation, AveragePool, Conv, Hardtanh, Identity, MaxPool, NoPool, Pool, ReLU, Tanh
from streamsim.contracts import require

from .encoder import Encoder


class SmallEncoder(Encoder):
    """3 x 3 convolutions with max-pooling after every layer: a small default for 32 x 32 pixels.

    Args:
        channels: feature maps per layer.
        gain: scale of the first weights, as in `Conv`.
        activation: the nonlinearity of all layers.
    """

    def __init__(
        self, channels: Sequence[int] = (32, 64, 128, 256), gain: float = 1.0, activation: Activation = ReLU()
    ) -> None:
        super().__init__([Conv(n, pool=MaxPool(2), gain=gain, activation=activation) for n in channels])
        self.channels = tuple(channels)
        self.gain = gain
        self.activation = activation


class TangCifarEncoder(Encoder):
    """The CIFAR network of Tang, Yang & Amit 2022: 32 Hardtanh | 32 pool | 64 Hardtanh | 64 pool | 512 pool.

    Args:
        width: factor on the number of feature maps.
        strided: halve maps by convolutions of stride 2 instead of pooling, which the paper compares it with.
    """

    def __init__(self, width: float = 1.0, strided: bool = False) -> None:
        halves = (False, True, False, True, True)
        super().__init__(
            [
                Conv(
                    scaled(n, width),
                    stride=2 if half and strided else 1,
                    pool=MaxPool(2) if half and not strided else NoPool(),
                    activation=Identity() if half else Hardtanh(),
                )
                for n, half in zip((32, 32, 64, 64, 512), halves, strict=True)
            ]
        )
        self.width = width
        self.strided = strided


class TangEmnistEncoder(Encoder):
    """The EMNIST network of Tang, Yang & Amit 2022: 32 pool tanh | 64 pool tanh | 128 pool tanh.

    Args:
        width: factor on the number of feature maps.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__([Conv(scaled(n, width), pool=MaxPool(2), activation=Tanh()) for n in (32, 64, 128)])
        self.width = width


class VGG6Encoder(Encoder):
    """VGG-6 of Illing et al. 2021: 128 | 256 pool | 256 | 512 pool | 1024 pool | 1024 pool, ReLU.

    Args:
        width: factor on the number of feature maps.
        average_pool: pool by averages, as Tang, Yang & Amit 2022 do on STL-10, and not by maxima.
        gain: scale of the first weights, as in `Conv`.
    """

    def __init__(self, width: float = 1.0, average_pool: bool = False, gain: float = 1.0) -> None:
        pool: Pool = AveragePool(2) if average_pool else MaxPool(2)
        pools = (NoPool(), pool, NoPool(), pool, pool, pool)
        maps = (128, 256, 256, 512, 1024, 1024)
        super().__init__([Conv(scaled(n, width), pool=p, gain=gain) for n, p in zip(maps, pools, strict=True)])
        self.width = width
        self.average_pool = average_pool
        self.gain = gain


def scaled(channels: int, width: float) -> int:
    """Return *channels* times *width*, at least 1."""
    require(0 < width < math.inf, f"Encoder width must be positive and finite (got {width})")
    return max(1, round(channels * width))
