"""Which layers learn at a tick."""

from abc import ABC, abstractmethod

import torch

from streamsim.contracts import require


class Schedule(ABC):
    """Chooses the layers that learn.

    Attributes:
        steady: whether all layers learn at every tick, so that nobody needs to ask.
    """

    steady: bool = False

    @abstractmethod
    def active(self, tick: int, layers: int, generator: torch.Generator) -> range:
        """Return the numbers of the layers, of *layers*, that learn at *tick*; *generator* is on the CPU."""


class AllLayers(Schedule):
    """Every layer learns at every tick."""

    steady = True

    def active(self, tick: int, layers: int, generator: torch.Generator) -> range:
        """See `Schedule.active`."""
        return range(layers)


class Greedy(Schedule):
    """Bottom to top, one layer after the other (GLL of Tang, Yang & Amit 2022); the last one goes on learning.

    Args:
        ticks: how long each layer learns.
    """

    def __init__(self, ticks: int) -> None:
        require(ticks >= 1, f"Greedy.ticks must be at least 1 (got {ticks})")
        self.ticks = ticks

    def active(self, tick: int, layers: int, generator: torch.Generator) -> range:
        """See `Schedule.active`."""
        layer = min(tick // self.ticks, layers - 1)
        return range(layer, layer + 1)


class Randomised(Schedule):
    """One layer at random per tick (RLL of Tang, Yang & Amit 2022)."""

    def active(self, tick: int, layers: int, generator: torch.Generator) -> range:
        """See `Schedule.active`."""
        layer = int(torch.randint(layers, (), generator=generator))
        return range(layer, layer + 1)
