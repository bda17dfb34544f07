"""What every world of still pictures does: choose another picture at a saccade, and hold its pixels until the next."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Int, UInt8
from torch import Tensor

# CCIR 601 luma in 16-bit fixed point, as Pillow converts to grey, so that pictures equal those of the papers' code.
_LUMA = torch.tensor([19595, 38470, 7471], dtype=torch.int32).reshape(3, 1, 1)


def another(
    current: Int[Tensor, " streams"], count: int, generator: torch.Generator, share: int = 1
) -> Int[Tensor, " streams"]:
    """Return for every stream a uniformly drawn number below *count* that is not its *current* one.

    Groups of *share* successive streams get the same number, except where a stream already looks at it. As many numbers
    are drawn whatever the streams do, so that what one stream shows never depends on the saccades of another.
    """
    draws = [torch.randint(most, current.shape, generator=generator) for most in (count, count - 1)]
    candidate, spare = (shared(draw, share) for draw in draws)
    return torch.where(candidate == current, spare + (spare >= current), candidate)


def shared(draws: Int[Tensor, " streams"], share: int) -> Int[Tensor, " streams"]:
    """Return for every stream the draw of the first of its group of *share*; the last group may be smaller."""
    return draws[::share].repeat_interleave(share)[: len(draws)]


def replace(held: Tensor, moved: Bool[Tensor, " streams"], fetch: Callable[[Int[Tensor, " chosen"]], Tensor]) -> Tensor:
    """Return what streams hold after those *moved* took what *fetch* brings for their numbers."""
    chosen = moved.nonzero().squeeze(1)
    if len(chosen) == 0:
        return held
    fresh = fetch(chosen).to(held.device, non_blocking=True)
    if len(chosen) == len(held):
        return fresh.clone(memory_format=torch.contiguous_format)  # a crop would keep all of the picture in memory
    # a new tensor rather than a write in place: a record of an earlier tick may still point to the old one
    return held.index_copy(0, chosen.to(held.device, non_blocking=True), fresh)


def grey(
    pictures: UInt8[Tensor, "pictures channels height width"],
) -> UInt8[Tensor, "pictures 1 height width"]:
    """Return the brightness of coloured pictures; grey ones pass unchanged."""
    if pictures.shape[1] == 1:
        return pictures
    weighted = (pictures * _LUMA).sum(1, keepdim=True, dtype=torch.int32)
    return ((weighted + 0x8000) >> 16).to(torch.uint8)


def unit(pixels: UInt8[Tensor, "*shape"]) -> Tensor:
    """Return pixels as numbers from 0 to 1."""
    return pixels.float().div_(255)
