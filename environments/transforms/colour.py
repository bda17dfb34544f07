"""Changes of colour, one set of strengths a frame, in a few batched operations (as torchvision's ColorJitter)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim.contracts import require

from .warp import between


@dataclass(frozen=True)
class Colour:
    """How far colours may change. They change in this order; pictures in grey have only the first two.

    Attributes:
        brightness: largest change of the factor on brightness, 0 to 1.
        contrast: largest change of the factor on contrast, 0 to 1.
        saturation: largest change of the factor on saturation, 0 to 1.
        hue: largest turn of the hue to either side, in cycles, 0 to 0.5.
        probability: chance that the colours of a frame change at all, 0 to 1.
        grey: chance that a frame has no colour, 0 to 1.
    """

    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    probability: float = 0.8
    grey: float = 0.2

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation", "probability", "grey"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"Colour.{name} must be 0 to 1 (got {value})")
        require(0 <= self.hue <= 0.5, f"Colour.hue must be 0 to 0.5 cycles (got {self.hue})")

    def strengths(
        self, draws: Float[Tensor, "streams 4"], changed: Bool[Tensor, " streams"], faded: Bool[Tensor, " streams"]
    ) -> Float[Tensor, "streams 4"]:
        """Return the factors of brightness, contrast and saturation and the turn of the hue, for every frame.

        Args:
            draws: numbers from 0 to 1.
            changed: which frames change their colours.
            faded: which frames lose their colours.
        """
        brightness, contrast, saturation, hue = draws.unbind(1)
        factors = [
            between((1 - most, 1 + most), draw)
            for most, draw in ((self.brightness, brightness), (self.contrast, contrast), (self.saturation, saturation))
        ]
        numbers = torch.stack([*factors, between((-self.hue, self.hue), hue)], 1)
        unchanged = torch.tensor([1.0, 1.0, 1.0, 0.0])
        numbers = torch.where(changed[:, None], numbers, unchanged)
        numbers[:, 2].masked_fill_(faded, 0)  # a saturation of nothing is grey, and hue has no hold on it
        return numbers


def recoloured(
    frames: Float[Tensor, "streams channels height width"], strengths: Float[Tensor, "streams 4"]
) -> Float[Tensor, "streams channels height width"]:
    """Return *frames* (0 to 1) with each one's own strengths, see `Colour.strengths`."""
    brightness, contrast, saturation, hue = strengths[:, :, None, None, None].unbind(1)
    frames = (frames * brightness).clamp_(0, 1)
    frames = _blend_(frames, contrast, _luma(frames).mean((2, 3), keepdim=True))
    if frames.shape[1] == 1:
        return frames
    return _turned(_blend_(frames, saturation, _luma(frames)), hue)


def _blend_(frames: Tensor, factor: Tensor, base: Tensor) -> Tensor:
    """Move *frames*, in place, *factor* of the way from *base*."""
    return frames.mul_(factor).add_(base * (1 - factor)).clamp_(0, 1)


def _luma(frames: Tensor) -> Tensor:
    if frames.shape[1] == 1:
        return frames
    red, green, blue = frames.chunk(3, 1)
    return 0.2989 * red + 0.587 * green + 0.114 * blue


def _turned(
    frames: Float[Tensor, "streams 3 height width"], hue: Float[Tensor, "streams 1 1 1"]
) -> Float[Tensor, "streams 3 height width"]:
    """Return frames whose hues (HSV) are turned by *hue* cycles."""
    red, green, blue = frames.chunk(3, 1)
    high, low = frames.amax(1, keepdim=True), frames.amin(1, keepdim=True)
    chroma = high - low
    leads_blue = torch.where(high == green, blue - red + 2 * chroma, red - green + 4 * chroma)
    leads = torch.where(high == red, green - blue, leads_blue)
    sector = (leads / chroma.clamp(min=1e-12)).add_(6 * hue).remainder_(6)
    # a pure hue's red is |h - 3| - 1, its green 2 - |h - 2|, its blue 2 - |h - 4|, all within 0 and 1
    pure = torch.cat([(sector - 3).abs_().sub_(1), 2 - (sector - 2).abs_(), 2 - (sector - 4).abs_()], 1)
    return pure.clamp_(0, 1).mul_(chroma).add_(low)
