"""UCF-101 (Soomro et al. 2012) in its official tree, indexed from its split lists."""

import warnings
from pathlib import Path
from typing import Literal

from streamsim.contracts import DataError, OnDamaged, Split
from streamsim.environments.io import existing_folder, nearby, present, text_in
from streamsim.environments.transforms import Augmentation, IllingAugmentation

from .clips import Clip, Clips
from .decoder import VideoDecoder
from .decord import AutomaticDecoder
from .world import Video

Lists = Literal[1, 2, 3]

_PARTS = ("ucfTrainTestlist", "UCF-101")


class UCF101Clips(Clips):
    """`UCF-101/<class>/v_<class>_g<group>_c<clip>.avi` and the lists in `ucfTrainTestlist`.

    No folder is searched for clips and no clip is opened: `trainlist01.txt` and `testlist01.txt` say what there is. Of
    a partial download the clips that are there are used, one warning tells how many are absent, and classes without
    any clip are left out. Clips of a group were cut from one recording; the official lists keep groups together.

    Args:
        root: the folder that holds `UCF-101` and `ucfTrainTestlist`.
        split: which of the three official pairs of lists: 1, 2 or 3.
    """

    def __init__(self, root: str, split: Lists = 1) -> None:
        top = existing_folder(root, "UCF101.root")
        lists, folder = (_within(top, name) for name in _PARTS)
        names = _classes(lists / "classInd.txt")
        files = {part: lists / f"{part}list{split:02d}.txt" for part in Split}
        listed = {part: _listed(file, names) for part, file in files.items()}
        _require_apart(listed, files)
        there = {part: [clip for clip in clips if present(folder / clip)] for part, clips in listed.items()}
        self._absent = sum(len(listed[part]) - len(there[part]) for part in Split)
        self._complain(folder, sum(map(len, listed.values())))
        seen = {_class(clip) for clips in there.values() for clip in clips}
        self._names = tuple(name for name in names if name in seen)
        number = {name: i for i, name in enumerate(self._names)}
        self._parts = {
            part: tuple(Clip(folder / clip, number[_class(clip)]) for clip in clips) for part, clips in there.items()
        }

    @property
    def absent(self) -> int:
        """How many of the listed clips are not there."""
        return self._absent

    @property
    def classes(self) -> tuple[str, ...]:
        """The lines of `classInd.txt`, less the classes of which no clip is there."""
        return self._names

    def learning(self) -> tuple[Clip, ...]:
        """Return the clips of the training list."""
        return self._parts[Split.TRAIN]

    def probe(self, split: Split) -> tuple[Clip, ...]:
        """See `Clips.probe`."""
        if not self._parts[split]:
            raise DataError(f"none of the clips in the {split} list of UCF-101 is there: restore some")
        return self._parts[split]

    def _complain(self, folder: Path, listed: int) -> None:
        if self._absent == listed:
            raise DataError(f"none of the {listed} clips in the lists is in {folder}: unpack UCF-101 there")
        if self._absent:
            warnings.warn(
                f"{self._absent} of the {listed} clips in the lists of UCF-101 are absent from {folder}; the other "
                f"{listed - self._absent} are used",
                stacklevel=4,
            )


class UCF101(Video):
    """UCF-101 with the settings of CLAPP, see `Video` and `UCF101Clips`.

    Args:
        root: the folder that holds `UCF-101` and `ucfTrainTestlist`.
        split: which of the three official pairs of lists: 1, 2 or 3.
        size: height and width of a frame in pixels.
        colour: whether frames have three channels (red, green, blue) or one (grey).
        augmentation: how clips are altered while they are learnt from; by default as in Illing et al. (2021).
        longest: how many frames a fixation lasts at most; None for whole clips.
        random_start: whether fixations on longer clips begin anywhere, instead of with the first frame.
        probe_longest: how many frames of a clip probes see at most; None for all.
        decoder: opens the files; by default decord where it is there, otherwise PyAV.
        threads: how many threads decode ahead, at least 0.
        on_damaged: what to do with a clip that cannot be read or is too short.
    """

    def __init__(
        self,
        root: str,
        split: Lists = 1,
        size: int = 128,
        colour: bool = True,
        augmentation: Augmentation = IllingAugmentation(),
        longest: int | None = 54,
        random_start: bool = False,
        probe_longest: int | None = 72,
        decoder: VideoDecoder = AutomaticDecoder(),
        threads: int = 1,
        on_damaged: OnDamaged = OnDamaged.REFUSE,
    ) -> None:
        super().__init__(
            UCF101Clips(root, split),
            size,
            colour,
            augmentation,
            longest=longest,
            random_start=random_start,
            probe_longest=probe_longest,
            decoder=decoder,
            threads=threads,
            on_damaged=on_damaged,
        )


def _within(top: Path, name: str) -> Path:
    folder = top / name
    if not folder.is_dir():
        raise DataError(
            f"there is no folder {str(folder)!r}: give the root that holds UCF-101 and ucfTrainTestlist"
            f"{nearby(top, lambda root: all((root / part).is_dir() for part in _PARTS))}"
        )
    return folder


def _classes(file: Path) -> tuple[str, ...]:
    """Return the names of the classes, which the file numbers from 1."""
    rows = [line.split() for line in _lines(file)]
    if not rows or [row[0] for row in rows] != [str(i) for i in range(1, len(rows) + 1)]:
        raise DataError(f"{file} must number the classes from 1, one a line, as in '1 ApplyEyeMakeup': restore it")
    return tuple(row[-1] for row in rows)


def _listed(file: Path, classes: tuple[str, ...]) -> list[str]:
    """Return the clips that a list names; what follows a name, its class once more, says nothing new."""
    clips = [line.split()[0] for line in _lines(file)]
    for clip in clips:
        if clip.count("/") != 1 or _class(clip) not in classes:
            raise DataError(f"{file}: {clip!r} is not <class>/<clip> with a class of classInd.txt: restore the list")
    return clips


def _require_apart(listed: dict[Split, list[str]], files: dict[Split, Path]) -> None:
    """Raise `DataError` if a clip is in both lists: what was learnt from would be tested on."""
    both = sorted(set(listed[Split.TRAIN]) & set(listed[Split.TEST]))
    if both:
        raise DataError(
            f"{both[0]!r} is in both {files[Split.TRAIN]} and {files[Split.TEST]} ({len(both)} clips are): restore them"
        )


def _class(clip: str) -> str:
    return clip.partition("/")[0]


def _lines(file: Path) -> list[str]:
    if not present(file):
        raise DataError(f"there is no list {str(file)!r}: restore UCF-101's lists, or choose another split")
    return [line for line in text_in(file).splitlines() if line.strip()]
