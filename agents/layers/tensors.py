"""Small operations on weights and activity that layers share."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .base import Parameters


def uniform(shape: tuple[int, ...], gain: float, fan_in: int, generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """Return weights drawn from U(-b, b), b = gain / sqrt(fan in)."""
    return (2 * torch.rand(shape, generator=generator) - 1) * (gain / math.sqrt(fan_in))


def channels_last(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Return *x* with the channels of a pixel side by side in memory, where pooling is ten times as fast."""
    return x.contiguous(memory_format=torch.channels_last)


def in_dtype(parameters: Parameters, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
    """Return weight and bias, if there is one, in *dtype*."""
    bias = parameters.get("bias")
    return cast(parameters["weight"], dtype), None if bias is None else cast(bias, dtype)


def zero_where(begins: Bool[Tensor, " n"], kept: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *shape"]:
    """Return *kept*, but 0 in the streams whose fixation begins."""
    return kept * (~begins).to(kept.dtype).view(-1, *[1] * (kept.ndim - 1))


def cast(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Return *tensor* in *dtype*; asking first is ten times cheaper than a conversion that does nothing."""
    return tensor if tensor.dtype is dtype else tensor.to(dtype)
