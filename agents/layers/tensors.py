"""Small operations on weights and activity that layers share."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def uniform(shape: tuple[int, ...], gain: float, fan_in: int, generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """Return weights drawn from U(-b, b), b = gain / sqrt(fan in)."""
    return (2 * torch.rand(shape, generator=generator) - 1) * (gain / math.sqrt(fan_in))


def kept_where(goes_on: Bool[Tensor, " n"], kept: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *shape"]:
    """Return *kept* in the streams whose fixation goes on, 0 in the others."""
    return kept * goes_on.view(-1, *[1] * (kept.ndim - 1))
