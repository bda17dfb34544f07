"""Video decoding by PyAV, whose wheel carries FFmpeg and exists for every platform."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streamsim.environments.io import unreadable

from .decoder import Reel, VideoDecoder
from .video_index import IndexedReel, opened, reason

_LEAP = 50  # frames that must lie between here and a later key frame to make the jump to it worth while


class PyAVDecoder(VideoDecoder):
    """Decodes with PyAV. It jumps to the key frame before a frame where time stamps can be trusted.

    In .avi files with frames that are predicted from later ones they cannot: there it decodes from the beginning.
    """

    def open(self, file: Path, shorter: int | None = None) -> Reel:
        """See `VideoDecoder.open`."""
        return _PyAVReel(file, shorter)


class _PyAVReel(IndexedReel):
    """A file open in PyAV."""

    def __init__(self, file: Path, shorter: int | None) -> None:
        super().__init__(file, shorter)
        self._number = {stamp: i for i, stamp in enumerate(self._index.stamps)}
        self._container: Any = None
        self._rewind()

    def close(self) -> None:
        """See `Reel.close`; frames and decoders that are still held would keep their buffers."""
        del self._decoded, self._frame, self._stream
        self._container.close()

    def forward(self, numbers: Sequence[int]) -> Iterator[np.ndarray]:
        """See `Reel.forward`."""
        from av.error import FFmpegError  # noqa: PLC0415 - worlds without clips need no decoder

        try:
            for number in numbers:
                yield self._picture(number)
        except (FFmpegError, OSError, ValueError) as error:
            raise unreadable(self._file, reason(error)) from None

    def _picture(self, number: int) -> np.ndarray:
        key = self._index.key_before(number)
        if number < self._at or key > self._at + _LEAP:
            self._jump(key)
        if self._at > number:  # the jump went too far
            self._rewind()
        self._advance(number)
        picture: np.ndarray = self._frame.to_ndarray(
            format="rgb24", width=self.width, height=self.height, interpolation="BICUBIC"
        )
        return picture

    def _rewind(self) -> None:
        """Start from the beginning, with a fresh decoder."""
        if self._container is not None:
            self._container.close()
        self._container, self._stream = opened(self._file)
        self._decoded = self._container.decode(self._stream)
        self._frame = None
        self._at = -1

    def _jump(self, key: int) -> None:
        """Go on from the key frame *key*."""
        if key == 0:
            return self._rewind()
        self._container.seek(self._index.stamps[key], stream=self._stream)
        self._decoded = self._container.decode(self._stream)
        self._frame, self._at = None, -1
        return self._advance(0)

    def _advance(self, number: int) -> None:
        """Decode until frame *number* is reached."""
        while self._at < number:
            frame = next(self._decoded, None)
            if frame is None:
                return self._hold(number)
            self._frame, self._at = frame, self._number.get(frame.pts, self._at + 1)
        return None
