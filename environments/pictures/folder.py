"""Pictures in a folder of class folders, decoded on demand with a bounded cache."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from streamsim.contracts import DataError, Split, require
from streamsim.environments.io import existing_folder, files_in, lru_cached, nearby, subfolders

from .decoding import decode
from .sources import Pictures, Source

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})

_PARTS = ("train", "test", "unlabeled")

_HELD_OUT = 5


class FolderSource(Source):
    """Image files in class folders: `root/train/<class>/*` and `root/test/<class>/*`, or simply `root/<class>/*`.

    Streams show `root/unlabeled/*` if there is such a folder, otherwise the training pictures, or if there are no class
    folders `root/*`, without labels. Without a test folder every fifth picture of a class (in the order of the names)
    is held out for the test and never shown while learning. Pictures are scaled so that the shorter side fits, and
    cropped to the central square; what is transparent in them shows white.

    Args:
        root: the folder.
        size: height and width to which pictures are brought, in pixels, at least 1.
        colour: whether pictures have three channels (red, green, blue) or one (grey).
        cache_mib: how much memory decoded pictures may take, in MiB; the longest unused ones go first.
    """

    def __init__(self, root: str, size: int = 32, colour: bool = True, cache_mib: int = 256) -> None:
        require(size >= 1, f"FolderSource.size must be at least 1 pixel (got {size})")
        require(cache_mib >= 0, f"FolderSource.cache_mib must not be negative (got {cache_mib})")
        folder = self._folder = existing_folder(root, "FolderSource.root", "pictures")
        self._shape = (3 if colour else 1, size, size)
        self._decoder = Decoder(self._shape, cache_mib)
        parts = {name: folder / name for name in _PARTS if (folder / name).is_dir()}
        labelled = parts.get("train", folder)
        self._classes = tuple(p.name for p in subfolders(labelled) if p.name not in _PARTS)
        train, test = self._divided(labelled, parts.get("test"))
        self._probes = {Split.TRAIN: train, Split.TEST: test}
        unlabelled = parts.get("unlabeled", None if train else labelled)
        self._learning = self._unlabelled(unlabelled) if unlabelled else train
        if len(self._learning) == 0:
            raise DataError(
                f"{folder} holds no pictures: expected image files in class folders, e.g. {folder}/cat/1.png"
                f"{nearby(folder, holds_pictures)}"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """See `Source.shape`."""
        return self._shape

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the class folders, sorted."""
        return self._classes

    def learning(self) -> Pictures:
        """See `Source.learning`."""
        return self._learning

    def probe(self, split: Split) -> Pictures:
        """See `Source.probe`."""
        if len(self._probes[split]) == 0:
            raise DataError(
                f"{self._folder} holds no labelled {split} pictures: put them into class folders"
                f"{nearby(self._folder, holds_pictures)}"
            )
        return self._probes[split]

    def _divided(self, labelled: Path, test: Path | None) -> tuple[Pictures, Pictures]:
        """Return the pictures to train and to test a probe on."""
        if test is not None:
            return self._labelled(labelled), self._labelled(test)
        return self._labelled(labelled, held_out=False), self._labelled(labelled, held_out=True)

    def _labelled(self, folder: Path, held_out: bool | None = None) -> Pictures:
        files: list[Path] = []
        labels: list[int] = []
        for label, name in enumerate(self._classes):
            mine = image_files(folder / name)
            chosen = [f for i, f in enumerate(mine) if held_out in (None, i % _HELD_OUT == _HELD_OUT - 1)]
            files += chosen
            labels += [label] * len(chosen)
        return self._decoder.pictures(files, labels)

    def _unlabelled(self, folder: Path) -> Pictures:
        files = image_files(folder)
        return self._decoder.pictures(files, [-1] * len(files))


class Decoder:
    """Reads image files and keeps what it read last, up to a limit.

    Args:
        shape: channels, height and width of what it returns; height and width are equal.
        cache_mib: the limit, in MiB.
    """

    def __init__(self, shape: tuple[int, int, int], cache_mib: int) -> None:
        self._picture = lru_cached(partial(decode, shape=shape), lambda pixels: pixels.nbytes, cache_mib)

    def pictures(self, files: Sequence[Path], labels: Sequence[int]) -> Pictures:
        """Return the pictures in *files*."""

        def fetch(chosen: Int[Tensor, " chosen"]) -> UInt8[Tensor, "chosen channels height width"]:
            return torch.stack([self._picture(files[i]) for i in chosen.tolist()])

        return Pictures(torch.tensor(labels, dtype=torch.int64), fetch)


def holds_pictures(root: Path) -> bool:
    """Return whether there are image files in the folders of *root*, or in those of its training part."""
    parts = [p for p in subfolders(root) if p.name not in _PARTS] if root.is_dir() else []
    parts += subfolders(root / "train") if (root / "train").is_dir() else []
    return any(image_files(part) for part in parts)


def image_files(folder: Path) -> list[Path]:
    """Return the image files of *folder*, numbers in names counted as numbers (view2 before view10)."""
    return files_in(folder, SUFFIXES) if folder.is_dir() else []
