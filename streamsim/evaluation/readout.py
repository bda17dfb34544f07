"""How a probe reads a layer: from the activity of a layer to one vector of features."""

import math
from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from streamsim.contracts import require


class Readout(ABC):
    """Turns the activity of a layer, channels first, into a vector; it has nothing to learn."""

    @property
    @abstractmethod
    def protocol(self) -> str:
        """What it does, in words that can stand beside a number."""

    @abstractmethod
    def __call__(self, activity: Float[Tensor, " n *activity"]) -> Float[Tensor, "n features"]:
        """Return the features of *activity*."""


class Flattened(Readout):
    """Every unit at every position is a feature (Tang et al. 2022)."""

    @property
    def protocol(self) -> str:
        """See `Readout.protocol`."""
        return "flattened"

    def __call__(self, activity: Float[Tensor, " n *activity"]) -> Float[Tensor, "n features"]:
        """See `Readout`."""
        return activity.flatten(1)


class Averaged(Readout):
    """The mean over positions: one feature per channel (Illing et al. 2021)."""

    @property
    def protocol(self) -> str:
        """See `Readout.protocol`."""
        return "averaged over positions"

    def __call__(self, activity: Float[Tensor, " n *activity"]) -> Float[Tensor, "n features"]:
        """See `Readout`."""
        return activity.flatten(2).mean(2) if activity.dim() > 2 else activity.flatten(1)


class Pooled(Readout):
    """Means over cells of a grid, the finest with at most *limit* features, so that wide early layers stay cheap.

    Args:
        limit: most features of a layer; a layer with more channels than that keeps one feature per channel.
    """

    def __init__(self, limit: int = 1024) -> None:
        require(limit >= 1, f"Pooled.limit must be at least 1 feature (got {limit})")
        self.limit = limit

    @property
    def protocol(self) -> str:
        """See `Readout.protocol`."""
        return f"average-pooled to at most {self.limit} features"

    def __call__(self, activity: Float[Tensor, " n *activity"]) -> Float[Tensor, "n features"]:
        """See `Readout`."""
        if activity.dim() < 3 or activity[0].numel() <= self.limit:
            return activity.flatten(1)
        grid = finest_grid(tuple(activity.shape[2:]), max(1, self.limit // activity.shape[1]))
        for axis, cells in enumerate(grid):
            activity = pool_axis(activity, axis + 2, cells)
        return activity.flatten(1)


def pool_axis(activity: Float[Tensor, " n *activity"], axis: int, cells: int) -> Float[Tensor, " n *pooled"]:
    """Return means over *cells* stretches of one axis; stretches overlap where the axis is no multiple of them."""
    rows = activity.movedim(axis, -1)
    pooled = functional.adaptive_avg_pool1d(rows.flatten(1, -2), cells)
    return pooled.reshape(*rows.shape[:-1], cells).movedim(-1, axis)


def finest_grid(shape: tuple[int, ...], cells: int) -> tuple[int, ...]:
    """Return the grid, as square as can be, that divides *shape* into at most *cells* cells."""
    grid = list(shape)
    while math.prod(grid) > cells:
        grid[grid.index(max(grid))] -= 1
    return tuple(grid)
