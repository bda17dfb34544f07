"""Layers side by side: the units of some layers in one tensor, so that one operation serves them all."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class SideBySide(NamedTuple):
    """Some layers, whose units lie side by side on the last axis of a tensor.

    Attributes:
        widths: units of each layer.
    """

    widths: tuple[int, ...]

    def split(self, units: Float[Tensor, "*n units"]) -> tuple[Tensor, ...]:
        """Return what is of each layer, views."""
        return torch.split(units, list(self.widths), -1)

    def mean(self, units: Float[Tensor, "*n units"]) -> Float[Tensor, " layers *n"]:
        """Return the mean over the units of each layer."""
        return torch.stack([own.mean(-1) for own in self.split(units)])

    def spread(self, numbers: Iterable[Float[Tensor, "*n"]]) -> Float[Tensor, "*n units"]:
        """Return the number of each layer at all its units."""
        pairs = zip(numbers, self.widths, strict=True)
        return torch.cat([own[..., None].expand(*own.shape, width) for own, width in pairs], -1)
