"""From a file to the frames that a stream sees: every third one, cut out, scaled, still as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.nn.functional import interpolate

from streamsim.environments.io import unreadable
from streamsim.environments.transforms import Box, Framing, grey

from .decoder import VideoDecoder


class ClipRequest(NamedTuple):
    """What decides on the frames of a fixation.

    Attributes:
        clip: number of the clip.
        start: where in a long clip to begin, from 0 to 1.
        framing: draws that decide on the part of the pictures that is seen.
    """

    clip: int
    start: float
    framing: tuple[float, ...]


@dataclass(frozen=True)
class Cutter:
    """Cuts clips.

    Attributes:
        decoder: opens files.
        channels: 3 (red, green, blue) or 1 (grey).
        size: height and width of a frame, in pixels.
        every: frames of the file from one frame to the next.
        shortest: how many frames a clip must give, at least 1.
        resolution: larger pictures are brought to this shorter side before anything else, in pixels.
    """

    decoder: VideoDecoder
    channels: int
    size: int
    every: int
    shortest: int
    resolution: int

    def cut(
        self, file: Path, framing: Framing, draws: Sequence[float], start: float, longest: int | None
    ) -> UInt8[Tensor, "frames channels size size"]:
        """Return at most *longest* frames.

        Args:
            file: the clip.
            framing: chooses the part of the pictures that is seen.
            draws: numbers from 0 to 1 for *framing*.
            start: how far towards the last possible beginning to begin, from 0 to 1.
            longest: how many frames at most; None for all.

        Raises:
            DataError: the file cannot be read or is too short.
        """
        with self.decoder.open(file, self.resolution) as reel:
            whole = (reel.frames - 1) // self.every + 1
            if whole < self.shortest:
                raise unreadable(file, f"{self._lasts(reel.frames, whole)}, at least {self.shortest} are asked for")
            count = min(whole, longest or whole)
            first = int(start * (reel.frames - (count - 1) * self.every))
            pictures = reel.fetch(range(first, first + count * self.every, self.every))
            return self._seen(pictures, framing.box(draws, reel.height, reel.width))

    def _seen(self, pictures: UInt8[Tensor, "frames height width 3"], box: Box) -> UInt8[Tensor, "frames c size size"]:
        part = pictures[:, box.top : box.top + box.height, box.left : box.left + box.width].permute(0, 3, 1, 2)
        # channels last and as bytes, PyTorch scales several times as fast
        part = part.contiguous(memory_format=torch.channels_last)
        part = interpolate(part, (self.size, self.size), mode="bilinear", antialias=True)
        part = part.flip(3) if box.mirrored else part
        return (grey(part) if self.channels == 1 else part).contiguous()

    def _lasts(self, frames: int, whole: int) -> str:
        return f"its {frames} frames give {whole}, one in {self.every}"
