"""What of a map is averaged before it is compared: the cells of a grid."""

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.contracts import require


class Cells(NamedTuple):
    """Read-outs that are means over each cell of a grid on a layer's maps; over all positions where there are no maps.

    Attributes:
        owner: whose they are, for errors.
        grid: so many by so many cells.
        features: if not None, every layer has the finest grid whose numbers are no more than this.
    """

    owner: str
    grid: int = 1
    features: int | None = None

    def side(self, shape: Sequence[int]) -> int:
        """Return how many cells lie side by side in outputs of *shape*."""
        if len(shape) != 3:
            return 1
        return self.grid if self.features is None else finest(*shape, self.features)

    def width(self, shape: Sequence[int]) -> int:
        """Return how many numbers a read-out of outputs of *shape* has.

        Raises:
            ConfigurationError: maps cannot be divided so.
        """
        channels, *sides = shape
        grid = self.side(shape)
        require(
            grid > 0,
            f"{self.owner}.features ({self.features}) must be at least one number for each of a layer's maps: "
            f"raise it to {channels} or more",
        )
        fits = all(extent % grid == 0 for extent in sides) or grid == 1
        require(fits, f"{self.owner}.grid ({grid}) must divide the sides of every layer's maps (got {tuple(sides)})")
        return channels * grid**2

    def read(self, z: Float[Tensor, " streams *out"]) -> Float[Tensor, "streams width"]:
        """Return means over each cell, the cells of a map side by side."""
        grid = self.side(z.shape[1:])
        if grid > 1:
            return F.adaptive_avg_pool2d(z, grid).flatten(1)
        return z.flatten(2).mean(-1) if z.ndim > 2 else z

    def spread(self, deltas: Sequence[Tensor], shapes: Sequence[Sequence[int]]) -> list[Tensor]:
        """Return dLoss/dz of some layers from *deltas*, dLoss/d(read-out): every position has its share of a mean.

        Args:
            deltas: (..., width) each.
            shapes: of the layers' outputs; what is returned broadcasts to them.
        """
        grids = [self.side(shape) for shape in shapes]
        cells = [[extent // grid for extent in sides] for grid, (_, *sides) in zip(grids, shapes, strict=True)]
        shares = torch._foreach_div(list(deltas), [float(math.prod(cell)) for cell in cells])  # pyright: ignore[reportPrivateImportUsage]
        return [placed(*own) for own in zip(shares, grids, cells, strict=True)]


@cache
def finest(channels: int, height: int, width: int, features: int) -> int:
    """Return the finest grid that divides maps and has no more *features* in all *channels*; 0 if there is none."""
    grids = range(1, math.gcd(height, width) + 1)
    return max((n for n in grids if height % n == width % n == 0 and channels * n**2 <= features), default=0)


def placed(share: Tensor, grid: int, cell: Sequence[int]) -> Tensor:
    """Return a *share* of each number of a read-out at all positions of its *cell*, or where it broadcasts to these."""
    if grid == 1:
        return share.view(*share.shape, *[1] * len(cell))
    height, width = cell
    maps = share.reshape(*share.shape[:-1], -1, grid, 1, grid, 1).expand(*[-1] * share.ndim, -1, height, -1, width)
    return maps.reshape(*maps.shape[:-4], grid * height, grid * width)
