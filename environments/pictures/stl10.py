"""STL-10 (Coates et al. 2011) in its official binary layout, read through a memory map."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from streamsim.contracts import DataError, Split
from streamsim.environments.io import existing_folder, fetched_into, nearby, ordinary, present, readable, text_in

from .sources import Pictures, Source

_SHAPE = (3, 96, 96)

_BYTES = 3 * 96 * 96

Part = Literal["unlabeled", "train"]


class STL10Source(Source):
    """An STL-10 folder: `train_X.bin`, `train_y.bin`, `test_*.bin`, `unlabeled_X.bin`, `class_names.txt`.

    Only the pictures in view are read; the files never are as a whole.

    Args:
        root: the folder with these files, or the one that holds it as `stl10_binary`.
        split: what streams show: the "unlabeled" or the "train" pictures.
        download: whether to fetch the data set into *root* (2.5 GB) if it is not there.
    """

    def __init__(self, root: str, split: Part = "unlabeled", download: bool = False) -> None:
        if download:
            _download(root)
        given = existing_folder(root, "STL10.root", "pictures")
        folder = _binary_in(given)
        names = folder / "class_names.txt"
        if not present(names):
            level = nearby(given, lambda other: (_binary_in(other) / names.name).is_file())
            raise DataError(f"{_no_file(names)}{level}")
        self._classes = tuple(text_in(names).split())
        self._probes = {split: self._labelled(folder, split) for split in Split}
        self._learning = self._probes[Split.TRAIN] if split == "train" else _unlabelled(folder)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Three channels of 96 x 96 pixels."""
        return _SHAPE

    @property
    def classes(self) -> tuple[str, ...]:
        """The lines of `class_names.txt`."""
        return self._classes

    def learning(self) -> Pictures:
        """See `Source.learning`."""
        return self._learning

    def probe(self, split: Split) -> Pictures:
        """See `Source.probe`."""
        return self._probes[split]

    def _labelled(self, folder: Path, split: Split) -> Pictures:
        pixels = _mapped(folder / f"{split}_X.bin")
        file = _existing(folder / f"{split}_y.bin")
        with readable(file):
            labels = np.fromfile(ordinary(file), dtype=np.uint8)
        if len(labels) != len(pixels):
            raise DataError(f"{file} has {len(labels)} labels for {len(pixels)} pictures: fetch the data set again")
        if len(labels) and not 1 <= labels.min() <= labels.max() <= len(self._classes):
            raise DataError(
                f"{file} has labels {labels.min()} to {labels.max()}, but class_names.txt names {len(self._classes)} "
                "classes, numbered from 1: fetch the data set again"
            )
        return _pictures(pixels, torch.from_numpy(labels.astype(np.int64)) - 1)


def _unlabelled(folder: Path) -> Pictures:
    file = folder / "unlabeled_X.bin"
    if not present(file):
        raise DataError(f"there is no file {str(file)!r}: fetch it, or learn from the split 'train'")
    pixels = _mapped(file)
    return _pictures(pixels, torch.full((len(pixels),), -1))


def _mapped(file: Path) -> np.memmap:
    """Return the pictures of *file*, (pictures, channels, x, y), without reading them."""
    with readable(file):
        size = ordinary(_existing(file)).stat().st_size
    if size == 0 or size % _BYTES:
        raise DataError(
            f"{file} has {size} bytes, not a multiple of {_BYTES}, a picture of 3 x 96 x 96: fetch the data set again"
        )
    with readable(file):
        return np.memmap(file, dtype=np.uint8, mode="r", shape=(size // _BYTES, *_SHAPE))


def _pictures(pixels: np.memmap, labels: Int[Tensor, " pictures"]) -> Pictures:
    def fetch(chosen: Int[Tensor, " chosen"]) -> UInt8[Tensor, "chosen 3 96 96"]:
        # STL-10 stores channels column by column
        return torch.from_numpy(np.asarray(pixels[chosen.numpy()])).transpose(2, 3)

    return Pictures(labels, fetch)


def _binary_in(root: Path) -> Path:
    """Return where the binary files are if *root* is what a user should give."""
    return root / "stl10_binary" if (root / "stl10_binary").is_dir() else root


def _existing(file: Path) -> Path:
    if not present(file):
        raise DataError(_no_file(file))
    return file


def _no_file(file: Path) -> str:
    return f"there is no file {str(file)!r}: give the folder of STL-10's binary files, or set download"


def _download(root: str) -> None:
    from torchvision.datasets import STL10 as Downloader  # noqa: PLC0415 - slow to import, needed here only

    folder = fetched_into(root, "STL10.root", "pictures")
    try:
        Downloader(folder, split="unlabeled", download=True)
    except (OSError, RuntimeError) as error:
        raise DataError(f"STL-10 could not be fetched into {root!r} ({error}): put its binary files there") from None
