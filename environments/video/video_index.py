"""What a video file holds, from its packets alone: nothing is decoded."""

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamsim.environments.io import ordinary, unreadable

from .decoder import SLACK, Reel, scaled


@dataclass(frozen=True)
class VideoIndex:
    """Frames of a video file in the order in which they are shown.

    Attributes:
        frames: how many there are.
        height: of a picture, in pixels.
        width: of a picture, in pixels.
        stamps: time stamps of the frames, or nothing where the file has none that can be trusted.
        keys: numbers of the frames from which decoding can start, ascending; 0 alone without stamps.
    """

    frames: int
    height: int
    width: int
    stamps: tuple[int, ...]
    keys: tuple[int, ...]

    def key_before(self, number: int) -> int:
        """Return the last frame up to *number* from which decoding can start."""
        return self.keys[max(0, bisect_right(self.keys, number) - 1)]


def opened(file: Path) -> tuple[Any, Any]:
    """Return PyAV's container and video stream of *file*.

    Raises:
        DataError: it cannot be read.
    """
    import av  # noqa: PLC0415 - worlds without clips need no decoder
    from av.error import FFmpegError  # noqa: PLC0415

    try:  # a relative path might read like an address
        container = av.open(str(ordinary(file).absolute()), metadata_errors="ignore")
    except (FFmpegError, OSError, ValueError) as error:
        raise unreadable(file, reason(error)) from None
    if not container.streams.video:
        container.close()
        raise unreadable(file, "it holds no pictures")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        container.close()
        raise unreadable(file, "no decoder here knows its codec")
    stream.codec_context.thread_count = 1  # threads are ours: so many clips at a time, not so many slices of one
    return container, stream


def indexed(file: Path) -> VideoIndex:
    """Return what *file* holds.

    Raises:
        DataError: it cannot be read, holds no pictures, or far fewer than it announces.
    """
    from av.error import FFmpegError  # noqa: PLC0415 - see above

    container, stream = opened(file)
    try:
        packets = [(p.pts, p.is_keyframe) for p in container.demux(stream) if p.size and not p.is_discard]
        return _index(file, container, stream, packets)
    except (FFmpegError, OSError, ValueError) as error:
        raise unreadable(file, reason(error)) from None
    finally:
        container.close()


def reason(error: Exception) -> str:
    """Return what *error* says, without the name of the file, on one line."""
    text = getattr(error, "strerror", None) or str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__


def _index(file: Path, container: Any, stream: Any, packets: list[tuple[int | None, bool]]) -> VideoIndex:  # noqa: ANN401
    from av.format import Flags  # noqa: PLC0415 - see above

    promised, context = stream.frames, stream.codec_context
    if container.format.flags & Flags.no_timestamps.value:
        raise unreadable(file, "its beginning is missing: what is left has no times")
    if not packets or not context.height or not context.width:
        raise unreadable(file, "it holds no pictures")
    if len(packets) < promised - promised // SLACK:
        raise unreadable(file, f"it breaks off after {len(packets)} of {promised} frames")
    stamps, keys = _times(packets, container.format.name == "avi" and bool(context.has_b_frames))
    return VideoIndex(len(packets), context.height, context.width, stamps, keys)


def _times(packets: list[tuple[int | None, bool]], doubtful: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return time stamps in the order of showing, and the numbers of key frames.

    An .avi file knows only the order of decoding. Where frames are predicted from later ones, FFmpeg guesses at their
    times, and in many clips of UCF-101 it guesses wrong: then only the order in which they leave the decoder counts.
    """
    stamps = [stamp for stamp, _ in packets if stamp is not None]
    if doubtful or len(set(stamps)) < len(packets):
        return (), (0,)
    number = {stamp: i for i, stamp in enumerate(sorted(stamps))}
    keys = sorted(number[stamp] for stamp, key in packets if key and stamp is not None)
    return tuple(sorted(stamps)), tuple(keys) or (0,)


class IndexedReel(Reel):
    """An open file whose packets are known: what decoders that go from frame to frame have in common.

    Args:
        file: the file.
        shorter: see `VideoDecoder.open`.
    """

    def __init__(self, file: Path, shorter: int | None) -> None:
        self._file, self._index = file, indexed(file)
        self.frames = self._index.frames
        self.height, self.width = scaled(self._index.height, self._index.width, shorter)
        self._frame: Any = None
        """The frame decoded last."""
        self._at = -1
        """Its number."""

    def _hold(self, number: int) -> None:
        """Show the last picture at the end in place of frame *number*, or complain where too many are missing."""
        if self._frame is None or number - self._at > self.frames // SLACK:
            raise unreadable(self._file, f"it breaks off after {self._at + 1} of {self.frames} frames")
