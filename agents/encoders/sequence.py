"""Encoders of sound and of moving pictures, as the papers use them."""

from streamsim.agents.layers import CausalConv, Conv, FeedForward, MaxPool, NoPool, Pool, RunningNorm, Window
from streamsim.agents.recurrent import GRU
from streamsim.contracts import require

from .encoder import Encoder
from .vision import scaled


class CPCAudioEncoder(Encoder):
    """The audio network of van den Oord et al. 2018 that Illing et al. 2021 use: one vector per 10 ms at 16 kHz.

    Five convolutions over time, kernels 10, 8, 4, 4, 4, strides 5, 4, 2, 2, 2, ReLU, and a GRU. The papers pad signals
    at both ends; here layers are causal, which shifts time by a fixed amount and leaves weights and receptive fields
    (465 samples) as they are.

    Args:
        channels: units of every convolution.
        recurrent: the uppermost layer; by default a `GRU` of 256 units.
        depth: how many layers; 6 is the whole network, 5 leaves the recurrent layer out.
        gain: scale of the first weights of convolutions, as in `Conv`.
    """

    def __init__(self, channels: int = 512, recurrent: GRU = GRU(), depth: int = 6, gain: float = 1.0) -> None:
        require(1 <= depth <= 6, f"CPCAudioEncoder.depth must be 1 to 6 layers (got {depth})")
        geometry = zip((10, 8, 4, 4, 4), (5, 4, 2, 2, 2), strict=True)
        convolutions = [CausalConv(channels, kernel, stride, gain=gain) for kernel, stride in geometry]
        super().__init__([*convolutions, recurrent][:depth])
        self.channels = channels
        self.recurrent = recurrent
        self.depth = depth
        self.gain = gain


class VideoEncoder(Encoder):
    """The video network of Illing et al. 2021 (after Han et al. 2019), the upper two layers in space and time.

    96 7x7 /2 pool 3 /2 | 256 5x5 /2 pool 3 /2 | 512 3x3 | 512 3x3x3 /3 in time | 512 3x3x3 /3 in time, pool 3 /2; ReLU.
    The fourth layer acts every three frames, the fifth every nine.

    Args:
        width: factor on the number of feature maps.
        norm: batch normalisation of the first two layers in its running-statistics form; None for none.
        gain: scale of the first weights, as in `Conv`.
    """

    def __init__(self, width: float = 1.0, norm: RunningNorm | None = None, gain: float = 1.0) -> None:
        maps = [scaled(n, width) for n in (96, 256, 512, 512, 512)]

        def conv(number: int, kernel: int, stride: int, padding: int, pool: Pool = NoPool()) -> FeedForward:
            own = norm if number < 2 else None
            return Conv(maps[number], kernel, stride, padding, pool, gain=gain, norm=own)

        super().__init__(
            [
                conv(0, 7, 2, 0, MaxPool(3, 2)),
                conv(1, 5, 2, 1, MaxPool(3, 2)),
                conv(2, 3, 1, 1),
                Window(conv(3, 3, 1, 1), 3),
                Window(conv(4, 3, 1, 1, MaxPool(3, 2)), 3),
            ]
        )
        self.width = width
        self.norm = norm
        self.gain = gain
