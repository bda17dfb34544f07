"""Layers of one encoder that act at the same ticks."""

from collections.abc import Sequence
from dataclasses import dataclass

from streamsim.errors import require

from .layers import Layer
from .timing import Timing


@dataclass(frozen=True)
class Pace:
    """Some layers of an encoder that act together.

    Attributes:
        every: ticks from one activity to the next.
        whole: ticks that a fixation must have lasted before the present one, so that all that these layers see is of
            that fixation.
        layers: their numbers.
    """

    every: int
    whole: int
    layers: tuple[int, ...]

    @property
    def key(self) -> str:
        """Name of this pace in a learner's state."""
        return str(self.every)

    def acts(self, tick: int) -> bool:
        """Return whether the layers act at *tick*."""
        return (tick + 1) % self.every == 0

    def number(self, tick: int) -> int:
        """Return how many times they acted before *tick*."""
        return tick // self.every


def paces(layers: Sequence[Layer], found: Sequence[Timing]) -> tuple[Pace, ...]:
    """Return the paces of an encoder's *layers*, whose timings were *found*, the fastest first."""
    for number, layer in enumerate(layers):
        apart = layer.predicts_below and (number == 0 or found[number].every != found[number - 1].every)
        require(not apart, f"{type(layer).__name__}.predicts_below needs a layer below that acts at the same ticks")
    return tuple(
        Pace(every, max(t.whole for t in found if t.every == every), members(every, [t.every for t in found]))
        for every in sorted({t.every for t in found})
    )


def members(every: int, all_paces: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of the layers that act every so many ticks."""
    return tuple(number for number, pace in enumerate(all_paces) if pace == every)
