"""Any folder of moving pictures as a collection of clips."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamsim.contracts import DataError, Split
from streamsim.environments.io import existing_folder, files_in, nearby, subfolders


@dataclass(frozen=True)
class Clip:
    """A recording of one action.

    Attributes:
        file: where it lies.
        label: its class, -1 where unknown.
    """

    file: Path
    label: int


class Clips(ABC):
    """A collection of clips with a part to learn from and two labelled parts for probes.

    Clips are found by their names alone; no recording is opened before it is shown.
    """

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that labels number."""

    @abstractmethod
    def learning(self) -> Sequence[Clip]:
        """Return what streams show."""

    @abstractmethod
    def probe(self, split: Split) -> Sequence[Clip]:
        """Return the labelled clips of *split*.

        Raises:
            DataError: there are none.
        """


def at_least_two(clips: Sequence[Clip], where: str) -> tuple[Clip, ...]:
    """Return *clips* if there is something to saccade to.

    Raises:
        DataError: there are fewer than two.
    """
    if len(clips) < 2:
        raise DataError(f"{where} holds {len(clips)} clips to learn from, but a saccade needs another one: add some")
    return tuple(clips)


SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})

_HELD_OUT = 5


class ClipFolder(Clips):
    """Video files (.avi, .m4v, .mkv, .mov, .mp4, .webm) in class folders `root/<class>/*`, or without labels `root/*`.

    Every fifth clip of a class (in the order of the names) is held out for the test and never shown while learning.
    Where successive clips were cut from one recording, as in UCF-101, such a test is easier than one by official lists.

    Args:
        root: the folder.
    """

    def __init__(self, root: str) -> None:
        folder = existing_folder(root, "ClipFolder.root")
        files = {p.name: found for p in subfolders(folder) if (found := video_files(p))}
        self._classes = tuple(files)
        self._parts = {
            split: tuple(
                Clip(file, label)
                for label, mine in enumerate(files.values())
                for i, file in enumerate(mine)
                if (i % _HELD_OUT == _HELD_OUT - 1) is (split is Split.TEST)
            )
            for split in Split
        }
        self._learning = self._parts[Split.TRAIN] or tuple(Clip(file, -1) for file in video_files(folder))
        if not self._learning:
            raise DataError(
                f"{folder} holds no clips: expected video files in class folders, e.g. {folder}/cat/1.avi"
                f"{nearby(folder, lambda root: any(video_files(part) for part in subfolders(root)))}"
            )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the class folders, sorted."""
        return self._classes

    def learning(self) -> tuple[Clip, ...]:
        """See `Clips.learning`."""
        return self._learning

    def probe(self, split: Split) -> tuple[Clip, ...]:
        """See `Clips.probe`."""
        if not self._parts[split]:
            raise DataError(
                f"the folder holds no labelled {split} clips: put them into class folders, at least {_HELD_OUT} in each"
            )
        return self._parts[split]


def video_files(folder: Path) -> list[Path]:
    """Return the video files of *folder*, numbers in names counted as numbers."""
    return files_in(folder, SUFFIXES)
