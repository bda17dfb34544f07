"""Which part of a clip's pictures is seen, the same in all of its frames."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from streamsim.contracts import require

DRAWS = 5  # numbers from 0 to 1 that decide on a box: area, aspect, place (x, y), mirror image


@dataclass(frozen=True)
class Box:
    """A part of a picture, in pixels from its top left corner, and whether it is seen in a mirror."""

    top: int
    left: int
    height: int
    width: int
    mirrored: bool


class Framing(ABC):
    """Chooses a part of the pictures for every fixation."""

    @abstractmethod
    def box(self, draws: Sequence[float], height: int, width: int) -> Box:
        """Return the part that is seen of pictures of this *height* and *width*.

        *draws* are `DRAWS` numbers from 0 to 1.
        """


@dataclass(frozen=True)
class CentreCrop(Framing):
    """The square in the middle.

    Attributes:
        share: side of the square as a share of the shorter side of the picture, above 0 to 1; 224 of 240 pixels as in
            Illing et al. (2021) if not given.
    """

    share: float = 224 / 240

    def __post_init__(self) -> None:
        require(0 < self.share <= 1, f"CentreCrop.share must be above 0 to 1 (got {self.share})")

    def box(self, draws: Sequence[float], height: int, width: int) -> Box:
        """See `Framing.box`."""
        side = max(1, round(self.share * min(height, width)))
        return Box((height - side) // 2, (width - side) // 2, side, side, mirrored=False)


@dataclass(frozen=True)
class RandomCrop(Framing):
    """A square anywhere, or its mirror image.

    Attributes:
        share: side of the square as a share of the shorter side of the picture, above 0 to 1; 224 of 240 pixels as in
            Illing et al. (2021) if not given.
        flip: probability of a mirror image, 0 to 1.
    """

    share: float = 224 / 240
    flip: float = 0.5

    def __post_init__(self) -> None:
        require(0 < self.share <= 1, f"RandomCrop.share must be above 0 to 1 (got {self.share})")
        require(0 <= self.flip <= 1, f"RandomCrop.flip must be a probability from 0 to 1 (got {self.flip})")

    def box(self, draws: Sequence[float], height: int, width: int) -> Box:
        """See `Framing.box`."""
        side = max(1, round(self.share * min(height, width)))
        return _placed(draws, (height, width), (side, side), self.flip)


@dataclass(frozen=True)
class RandomResizedCrop(Framing):
    """A rectangle of any size anywhere, or its mirror image, brought to a square.

    Attributes:
        area: smallest and largest share of the picture that is seen, above 0 to 1.
        aspect: smallest and largest ratio of width to height, above 0.
        flip: probability of a mirror image, 0 to 1.
    """

    area: tuple[float, float] = (0.3, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)
    flip: float = 0.5

    def __post_init__(self) -> None:
        for name, (low, high) in {"area": self.area, "aspect": self.aspect}.items():
            require(0 < low <= high, f"RandomResizedCrop.{name} must be two positive numbers in order ({low}, {high})")
        require(self.area[1] <= 1, f"RandomResizedCrop.area must not exceed 1, the whole picture (got {self.area})")
        require(0 <= self.flip <= 1, f"RandomResizedCrop.flip must be a probability from 0 to 1 (got {self.flip})")

    def box(self, draws: Sequence[float], height: int, width: int) -> Box:
        """See `Framing.box`."""
        covered = _between(self.area, draws[0]) * height * width
        ratio = exp(_between((log(self.aspect[0]), log(self.aspect[1])), draws[1]))
        tall = min(height, max(1, round(sqrt(covered / ratio))))
        wide = min(width, max(1, round(sqrt(covered * ratio))))
        return _placed(draws, (height, width), (tall, wide), self.flip)


def _placed(draws: Sequence[float], picture: tuple[int, int], seen: tuple[int, int], flip: float) -> Box:
    """Return a box of the size *seen*, where and how the last three draws say."""
    left, top = (int(draw * (picture[i] - seen[i] + 1)) for draw, i in ((draws[2], 1), (draws[3], 0)))
    return Box(top, left, *seen, mirrored=draws[4] < flip)


def _between(limits: tuple[float, float], draw: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * draw
