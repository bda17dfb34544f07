"""When the layers of an encoder act, and when what they see is all of one fixation."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from streamsim.errors import require

from .layers import Layer


@dataclass(frozen=True)
class Timing:
    """The pace of one layer.

    Attributes:
        every: ticks from one activity of the layer to the next; it acts at the last tick of each such stretch.
        whole: ticks that a fixation must have lasted before the present one, so that all that the layer sees at this
            tick is of that fixation; 0 for a layer that only sees the present frame.
    """

    every: int
    whole: int


def timings(layers: Sequence[Layer], shape: tuple[int, ...]) -> tuple[Timing, ...]:
    """Return the pace of every layer, bottom to top, for frames of *shape*.

    Signals (channels, columns) bring several columns a tick, pictures and vectors one. With k and s the window of a
    layer, r the columns per tick of its input, and f the extent in ticks of the receptive field of one of these, one of
    its own columns sees f + (k - 1) / r ticks and comes r / s times a tick.
    """
    columns = shape[1] if len(shape) == 2 else 1
    rate, field, found = Fraction(columns), Fraction(1, columns), []
    for layer in layers:
        kernel, stride = layer.window
        field, rate = field + (kernel - 1) / rate, rate / stride
        require(
            rate.denominator == 1 or rate.numerator == 1,
            f"a window's stride of {stride} columns does not fit layers below it: columns per tick would be {rate}",
        )
        found.append(Timing(rate.denominator, ceil(field - min(Fraction(1), 1 / rate))))
    return tuple(found)


def reach(layers: Sequence[Layer]) -> int:
    """Return how many columns of the frame one column of the uppermost layer sees."""
    width, step = 1, 1
    for layer in layers:
        kernel, stride = layer.window
        width, step = width + (kernel - 1) * step, step * stride
    return width
