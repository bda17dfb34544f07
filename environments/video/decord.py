"""Video decoding by decord, for which there are wheels for x86-64 Linux and Windows only, or else by PyAV."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streamsim.contracts import ConfigurationError
from streamsim.environments.io import unreadable

from .decoder import Reel, VideoDecoder
from .pyav import PyAVDecoder
from .video_index import IndexedReel, reason


class DecordDecoder(VideoDecoder):
    """Decodes with decord, from the first frame on.

    decord's own way to a frame, by skipping others, misses the last frame of clips with frames that are predicted from
    later ones (a sixth of UCF-101's actions have such clips), and its seeking relies on time stamps that many files do
    not have. Frames read one after another are exact, and a clip of UCF-101 takes 40 ms. For long recordings of which
    few frames are wanted, `PyAVDecoder` is faster. Damaged files may make decord write to the terminal, so that the
    packets of a file are checked by PyAV before decord sees it.

    Raises:
        ConfigurationError: decord cannot be imported.
    """

    def __init__(self) -> None:
        if not is_there():
            raise ConfigurationError("DecordDecoder needs decord, which cannot be imported here: take PyAVDecoder")

    def open(self, file: Path, shorter: int | None = None) -> Reel:
        """See `VideoDecoder.open`."""
        return _DecordReel(file, shorter)


class AutomaticDecoder(VideoDecoder):
    """Decodes with decord where it can be imported, otherwise with PyAV; in their own size, frames are the same."""

    def open(self, file: Path, shorter: int | None = None) -> Reel:
        """See `VideoDecoder.open`."""
        return (DecordDecoder() if is_there() else PyAVDecoder()).open(file, shorter)


class _DecordReel(IndexedReel):
    """A file open in decord."""

    def __init__(self, file: Path, shorter: int | None) -> None:
        super().__init__(file, shorter)
        self._reader: Any = None
        self._rewind()

    def close(self) -> None:
        """See `Reel.close`."""
        self._reader = self._frame = None

    def forward(self, numbers: Sequence[int]) -> Iterator[np.ndarray]:
        """See `Reel.forward`."""
        from decord import DECORDError  # noqa: PLC0415 - absent on some platforms

        try:
            for number in numbers:
                yield self._picture(number)
        except (DECORDError, RuntimeError) as error:
            raise unreadable(self._file, _short(error)) from None

    def _picture(self, number: int) -> np.ndarray:
        if number < self._at:
            self._rewind()
        while self._at < number:
            try:
                self._frame = self._reader.next()
            except StopIteration:
                self._hold(number)
                break
            self._at += 1
        picture: np.ndarray = self._frame.asnumpy()
        return picture

    def _rewind(self) -> None:
        """Start from the beginning, with a fresh reader."""
        import decord  # noqa: PLC0415 - absent on some platforms

        decord.logging.set_level(decord.logging.QUIET)
        place = str(self._file.absolute())  # a relative one might read like an address
        try:
            self._reader = decord.VideoReader(place, decord.cpu(0), self.width, self.height, num_threads=1)
        except (decord.DECORDError, RuntimeError) as error:
            raise unreadable(self._file, _short(error)) from None
        self._frame, self._at = None, -1


def is_there() -> bool:
    """Return whether decord can be imported."""
    # decord lends the codecs that it brought to all libraries loaded later; PyAV keeps its own if it comes first
    import av  # noqa: F401, PLC0415

    try:
        import decord  # noqa: F401, PLC0415
    except (ImportError, OSError, RuntimeError):
        return False
    return True


def _short(error: Exception) -> str:
    """Return the part of decord's message that says something: what follows the places in its source."""
    return f"decord: {reason(error).rpartition(': ')[2] or 'it cannot be decoded'}"[:120]
