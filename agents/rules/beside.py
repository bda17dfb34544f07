"""Layers side by side: the units of some layers in one tensor, so that one operation serves them all."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


def runs(sizes: Sequence[object]) -> list[slice]:
    """Return where neighbours of one size are, all *sizes* in order."""
    ends = [i + 1 for i in range(len(sizes)) if sizes[i : i + 1] != sizes[i + 1 : i + 2]]
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


class SideBySide(NamedTuple):
    """Some layers, whose units lie side by side on the last axis of a tensor.

    Attributes:
        widths: units of each layer.
    """

    widths: tuple[int, ...]

    def split(self, units: Float[Tensor, "*n units"]) -> tuple[Tensor, ...]:
        """Return what is of each layer, views."""
        return torch.split(units, list(self.widths), -1)

    def copies(self, units: Float[Tensor, "*n units"]) -> tuple[Tensor, ...]:
        """Return what is of each layer, copies that lie side by side with nothing."""
        return tuple(torch.ops.aten.split_with_sizes_copy(units, list(self.widths), -1))

    def stacked(self, units: Float[Tensor, "*n units"], run: slice) -> Float[Tensor, " layers *n width"]:
        """Return what is of a *run* of layers of one width one after the other, a view."""
        widths, before = self.widths[run], sum(self.widths[: run.start])
        own = units[..., before : before + sum(widths)]
        return own.view(*units.shape[:-1], len(widths), widths[0]).movedim(-2, 0)

    def mean(self, units: Float[Tensor, "*n units"]) -> Float[Tensor, " layers *n"]:
        """Return the mean over the units of each layer."""
        return torch.stack([own.mean(-1) for own in self.split(units)])

    def spread(self, numbers: Iterable[Float[Tensor, "*n"]]) -> Float[Tensor, "*n units"]:
        """Return the number of each layer at all its units."""
        pairs = zip(numbers, self.widths, strict=True)
        return torch.cat([own[..., None].expand(*own.shape, width) for own, width in pairs], -1)
