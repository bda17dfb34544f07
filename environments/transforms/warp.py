"""Deformations of the plane: random resized crops, flips, rotation, zoom and shift as one batched affine warp."""

from dataclasses import dataclass
from math import log, pi

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import grid_sample

from streamsim.contracts import require


@dataclass(frozen=True)
class Warp:
    """How far the plane may be deformed.

    Attributes:
        area: smallest and largest share of the picture that a crop shows, above 0 to 1.
        aspect: smallest and largest ratio of a crop's width to its height.
        rotation: largest turn to either side, in degrees, 0 to 180.
        zoom: smallest and largest magnification, above 0.
        shift: largest shift in either direction, as a share of the picture's side, 0 to 1.
        flip: probability of a mirror image, 0 to 1.
    """

    area: tuple[float, float] = (0.3, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)
    rotation: float = 15.0
    zoom: tuple[float, float] = (0.9, 1.1)
    shift: float = 0.1
    flip: float = 0.5

    def __post_init__(self) -> None:
        ranges = {"area": self.area, "aspect": self.aspect, "zoom": self.zoom}
        for name, (low, high) in ranges.items():
            require(0 < low <= high, f"Warp.{name} must be two positive numbers in order (got {(low, high)})")
        require(self.area[1] <= 1, f"Warp.area must not exceed 1, the whole picture (got {self.area})")
        require(0 <= self.rotation <= 180, f"Warp.rotation must be 0 to 180 degrees (got {self.rotation})")
        require(0 <= self.shift <= 1, f"Warp.shift must be 0 to 1 (got {self.shift})")
        require(0 <= self.flip <= 1, f"Warp.flip must be a probability from 0 to 1 (got {self.flip})")

    def matrices(
        self, draws: Float[Tensor, "streams 8"], mirrored: Bool[Tensor, " streams"]
    ) -> Float[Tensor, "streams 2 3"]:
        """Return the maps from a frame's coordinates to the picture's, both from -1 to 1.

        Args:
            draws: numbers from 0 to 1: area, aspect and place (x, y) of the crop, rotation, zoom, shift (x, y).
            mirrored: which frames are mirror images.
        """
        area, aspect, place_x, place_y, turn, zoom, shift_x, shift_y = draws.unbind(1)
        covered = between(self.area, area)
        ratio = torch.exp(between((log(self.aspect[0]), log(self.aspect[1])), aspect))
        width = torch.sqrt(covered * ratio).clamp(max=1)
        height = torch.sqrt(covered / ratio).clamp(max=1)
        crop = torch.stack([width * torch.where(mirrored, -1, 1), height], 1)
        centre = torch.stack([(1 - width) * (2 * place_x - 1), (1 - height) * (2 * place_y - 1)], 1)
        turned = _rotation((2 * turn - 1) * self.rotation * pi / 180) / between(self.zoom, zoom)[:, None, None]
        # a shift of the whole side is 2 in these coordinates; the picture moves against the map
        shift = -2 * self.shift * torch.stack([2 * shift_x - 1, 2 * shift_y - 1], 1)
        return torch.cat([turned * crop[:, None], turned @ (centre + shift)[:, :, None]], 2)


def warped(
    pictures: Float[Tensor, "streams channels height width"], matrices: Float[Tensor, "streams 2 3"], size: int
) -> Float[Tensor, "streams channels size size"]:
    """Return square frames of *size* pixels; what lies outside the picture is black."""
    grid = _grid(matrices, size)
    return grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _grid(matrices: Float[Tensor, "streams 2 3"], size: int) -> Float[Tensor, "streams size size 2"]:
    """Return where each pixel of a frame lies in the picture (torch's affine_grid in half its time)."""
    pixel = (torch.arange(size, device=matrices.device) + 0.5) * (2 / size) - 1
    along_x, along_y, origin = matrices[:, None, None].unbind(-1)
    return along_x * pixel[:, None] + (along_y * pixel[:, None, None] + origin)


def between(limits: tuple[float, float], draw: Tensor) -> Tensor:
    """Return the number that lies *draw* (0 to 1) of the way between *limits*."""
    return limits[0] + (limits[1] - limits[0]) * draw


def _rotation(angle: Float[Tensor, " streams"]) -> Float[Tensor, "streams 2 2"]:
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([cos, -sin, sin, cos], 1).reshape(-1, 2, 2)
