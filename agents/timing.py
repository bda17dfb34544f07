"""When the layers of an encoder act, and when what they see is all of one fixation."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

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

    Let a layer's input come every e ticks in c columns (signals of (units, columns); pictures and vectors have one),
    and reach back over b ticks, counted from its end. A window of k inputs at stride s reaches back over b + (k - 1) e
    ticks and comes every s e ticks; an overlap of o columns reaches o e / c ticks further back.
    """
    every, back, found = 1, Fraction(1), []
    for layer in layers:
        extent, stride = layer.window
        columns = shape[1] if len(shape) == 2 else 1
        back += (extent - 1) * every + Fraction(layer.overlap * every, columns)
        every *= stride
        shape = layer.output_shape(shape)
        found.append(Timing(every, ceil(back) - 1))
    return tuple(found)
