"""The contract of a video decoder: exact frames by their index, in any order."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from streamsim.contracts import require

SLACK = 20  # at most one frame in so many may be missing at the end


class Reel(ABC):
    """An open video file. Frames are numbered from 0 in the order in which they are shown.

    Files may announce a few frames more than they hold. In place of those missing at the end, one in 20 at most, the
    last picture is shown, as players do; where more are missing the file is damaged.

    Attributes:
        frames: how many frames there are, at least 1.
        height: of the pictures, in pixels.
        width: of the pictures, in pixels.
    """

    frames: int
    height: int
    width: int

    @abstractmethod
    def forward(self, numbers: Sequence[int]) -> Iterator[np.ndarray]:
        """Yield the pictures, (height, width, 3) uint8 in red, green, blue, of ascending frame *numbers*.

        Raises:
            DataError: the file is damaged.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""

    def fetch(self, numbers: Sequence[int]) -> UInt8[Tensor, "frames height width 3"]:
        """Return the pictures of the frames with these *numbers*, in any order, some perhaps twice.

        Raises:
            DataError: the file is damaged.
        """
        outside = [number for number in numbers if not 0 <= number < self.frames]
        require(not outside, f"Reel.fetch: frames are numbered 0 to {self.frames - 1} (got {outside[:1]})")
        pictures = np.empty((len(numbers), self.height, self.width, 3), dtype=np.uint8)
        ascending = sorted(set(numbers))
        places = {number: [i for i, n in enumerate(numbers) if n == number] for number in ascending}
        for number, picture in zip(ascending, self.forward(ascending), strict=True):
            pictures[places[number]] = picture
        return torch.from_numpy(pictures)

    def __enter__(self) -> "Reel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class VideoDecoder(ABC):
    """Opens video files. It holds nothing, so that threads may share it."""

    @abstractmethod
    def open(self, file: Path, shorter: int | None = None) -> Reel:
        """Return *file*, open.

        Args:
            file: the file.
            shorter: if the shorter side has more pixels than this, pictures are scaled down to it. Decoders scale in
                slightly different ways; in their own size, pictures are the same from each.

        Raises:
            DataError: it cannot be read.
        """


def scaled(height: int, width: int, shorter: int | None) -> tuple[int, int]:
    """Return the height and width of pictures whose shorter side is brought down to *shorter* pixels."""
    if shorter is None or min(height, width) <= shorter:
        return height, width
    factor = shorter / min(height, width)
    return round(height * factor), round(width * factor)
