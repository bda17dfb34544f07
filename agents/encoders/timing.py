"""When the layers of an encoder act, when what they see is all of one fixation, and which act together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from streamsim.agents.layers import Layer
from streamsim.contracts import require


@dataclass(frozen=True)
class Timing:
    """When one layer acts.

    Attributes:
        every: ticks from one activity of the layer to the next; it acts at the last tick of each such stretch.
        receptive_ticks: ticks that a fixation must have lasted before the present one, so that all that the layer sees
            at this tick is of that fixation; 0 for a layer that only sees the present frame.
    """

    every: int
    receptive_ticks: int


def timings(layers: Sequence[Layer], shape: tuple[int, ...]) -> tuple[Timing, ...]:
    """Return when every layer acts, bottom to top, for frames of *shape*.

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


@dataclass(frozen=True)
class RateGroup:
    """Some layers of an encoder that act together.

    Attributes:
        every: ticks from one activity to the next; they act at the last tick of each such stretch.
        receptive_ticks: ticks that a fixation must have lasted before the present one, so that all that these layers
            see is of that fixation.
        layers: their numbers, ascending.
        names: their names.
        key: name of the group in a learner's state.
    """

    every: int
    receptive_ticks: int
    layers: tuple[int, ...]
    names: tuple[str, ...]
    key: str


def rate_groups(layers: Sequence[Layer], names: Sequence[str], found: Sequence[Timing]) -> tuple[RateGroup, ...]:
    """Return the groups of an encoder's *layers* of these *names*, whose timings were *found*, the fastest first."""
    for number, layer in enumerate(layers):
        apart = layer.predicts_below and (number == 0 or found[number].every != found[number - 1].every)
        require(not apart, f"{type(layer).__name__}.predicts_below needs a layer below that acts at the same ticks")
    groups = []
    for every in sorted({timing.every for timing in found}):
        mine = tuple(number for number, timing in enumerate(found) if timing.every == every)
        longest = max(found[number].receptive_ticks for number in mine)
        groups.append(RateGroup(every, longest, mine, tuple(names[number] for number in mine), str(every)))
    return tuple(groups)


def narrowed(groups: Sequence[RateGroup], names: Sequence[str]) -> tuple[RateGroup, ...]:
    """Return *groups* with only the layers of these *names*; groups of which nothing is left are left out."""
    found = []
    for group in groups:
        kept = [(n, name) for n, name in zip(group.layers, group.names, strict=True) if name in names]
        if kept:
            numbers, own = zip(*kept, strict=True)
            found.append(replace(group, layers=numbers, names=own))
    return tuple(found)
