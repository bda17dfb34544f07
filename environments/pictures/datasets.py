"""CIFAR-10, CIFAR-100, MNIST and EMNIST as torchvision reads them, held in memory."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from streamsim.contracts import DataError, Split
from streamsim.environments.io import existing_folder, fetched_into, ordinary

from .sources import Pictures, Source, resident

EMNISTPart = Literal["byclass", "bymerge", "balanced", "letters", "digits", "mnist"]


class _Held(Source):
    """The training and test pictures of a data set, the training pictures being learnt from."""

    def __init__(self, root: str, within: str, download: bool, make: Callable[[str, bool], Any]) -> None:
        name = type(self).__name__
        folder = (fetched_into if download else existing_folder)(root, f"{name}.root", "pictures")
        remedy = "check the network or put its files there" if download else "give its folder, or set download"
        try:
            _refuse_strange_files(folder / within)
            train, test = (make(str(folder), is_train) for is_train in (True, False))
            self._classes = tuple(str(c) for c in train.classes)
            self._probes = {Split.TRAIN: self._pictures(train), Split.TEST: self._pictures(test)}
            shapes = [tuple(part.fetch(torch.tensor([0])).shape[1:]) for part in self._probes.values()]
            _require_one_shape(*shapes)
        except Exception as error:  # torchvision checks little of what it reads, and asserts that
            why = str(error) or f"{type(error).__name__} while it was read"
            raise DataError(f"{name} cannot be read from {root!r} ({why}): {remedy}") from None
        self._shape = shapes[0]

    @property
    def shape(self) -> tuple[int, int, int]:
        """See `Source.shape`."""
        channels, height, width = self._shape
        return channels, height, width

    @property
    def classes(self) -> tuple[str, ...]:
        """See `Source.classes`."""
        return self._classes

    def learning(self) -> Pictures:
        """See `Source.learning`."""
        return self._probes[Split.TRAIN]

    def probe(self, split: Split) -> Pictures:
        """See `Source.probe`."""
        return self._probes[split]

    def _pictures(self, dataset: Any) -> Pictures:  # noqa: ANN401 - torchvision is untyped
        pixels, labels = self._pixels(dataset.data), torch.as_tensor(dataset.targets).long()
        _require_labels(labels, len(pixels), len(self._classes))
        return resident(pixels, labels)

    def _pixels(self, data: Any) -> UInt8[Tensor, "pictures channels height width"]:  # noqa: ANN401
        """Return the pictures, which torchvision keeps as height, width and, where coloured, channels."""
        pixels = torch.as_tensor(np.asarray(data))
        return pixels.unsqueeze(1) if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous()


class CIFAR10(_Held):
    """CIFAR-10: 50,000 training and 10,000 test pictures of 32 x 32, in 10 classes.

    Args:
        root: the folder that holds `cifar-10-batches-py`.
        download: whether to fetch the data set into *root* if it is not there.
    """

    def __init__(self, root: str, download: bool = False) -> None:
        from torchvision.datasets import CIFAR10 as Reader  # noqa: PLC0415 - slow to import

        super().__init__(root, "cifar-10-batches-py", download, partial(Reader, download=download))


class CIFAR100(_Held):
    """CIFAR-100: 50,000 training and 10,000 test pictures of 32 x 32, in 100 classes.

    Args:
        root: the folder that holds `cifar-100-python`.
        download: whether to fetch the data set into *root* if it is not there.
    """

    def __init__(self, root: str, download: bool = False) -> None:
        from torchvision.datasets import CIFAR100 as Reader  # noqa: PLC0415 - slow to import

        super().__init__(root, "cifar-100-python", download, partial(Reader, download=download))


class MNIST(_Held):
    """MNIST: 60,000 training and 10,000 test digits of 28 x 28, grey.

    Args:
        root: the folder that holds `MNIST/raw`.
        download: whether to fetch the data set into *root* if it is not there.
    """

    def __init__(self, root: str, download: bool = False) -> None:
        from torchvision.datasets import MNIST as Reader  # noqa: PLC0415 - slow to import

        super().__init__(root, "MNIST/raw", download, partial(Reader, download=download))


class EMNIST(_Held):
    """EMNIST: handwritten letters and digits of 28 x 28, grey, upright as those of MNIST.

    Args:
        root: the folder that holds `EMNIST/raw`.
        part: which of the data set's parts; "letters" is that of Tang et al. 2022.
        download: whether to fetch the data set into *root* if it is not there.
    """

    def __init__(self, root: str, part: EMNISTPart = "letters", download: bool = False) -> None:
        from torchvision.datasets import EMNIST as Reader  # noqa: PLC0415 - slow to import

        def read(folder: str, train: bool) -> Any:  # noqa: ANN401 - torchvision is untyped
            return Reader(folder, part, train=train, download=download)

        super().__init__(root, "EMNIST/raw", download, read)

    def _pixels(self, data: Any) -> UInt8[Tensor, "pictures channels height width"]:  # noqa: ANN401
        return super()._pixels(data).transpose(2, 3).contiguous()  # the files store letters lying on their side


def _refuse_strange_files(folder: Path) -> None:
    for file in folder.iterdir() if folder.is_dir() else ():
        try:
            ordinary(file)
        except OSError as error:
            raise OSError(f"{file}: {error}") from None


def _require_labels(labels: Tensor, pictures: int, classes: int) -> None:
    if pictures == 0 or len(labels) != pictures:
        raise ValueError(f"it has {len(labels)} labels for {pictures} pictures")
    low, high = int(labels.min()), int(labels.max())
    if not 0 <= low <= high < classes:
        raise ValueError(f"it has labels {low} to {high} for {classes} classes")


def _require_one_shape(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    if one != other:
        words = (" x ".join(map(str, shape)) for shape in (one, other))
        raise ValueError(f"its pictures have two shapes, {' and '.join(words)}")
