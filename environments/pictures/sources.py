"""Where still pictures come from: the contract of a source, and a source made of two others."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from streamsim.contracts import DataError, Split, require


@dataclass(frozen=True)
class Pictures:
    """Still pictures of one size, fetched on demand so that they never need to fit in memory at once.

    Attributes:
        labels: class of every picture, -1 where unknown.
        fetch: maps indices to pixels on the CPU; the caller may keep them but must not write into them.
    """

    labels: Int[Tensor, " pictures"]
    fetch: Callable[[Int[Tensor, " chosen"]], UInt8[Tensor, "chosen channels height width"]]

    def __len__(self) -> int:
        return len(self.labels)


class Source(ABC):
    """A collection of still pictures with a part to learn from and two labelled parts for probes."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int]:
        """Channels (1 or 3), height and width of every picture."""

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that labels number."""

    @abstractmethod
    def learning(self) -> Pictures:
        """Return what streams show."""

    @abstractmethod
    def probe(self, split: Split) -> Pictures:
        """Return the labelled pictures of *split*.

        Raises:
            DataError: there are none.
        """


class Transfer(Source):
    """Learn from one source and probe on another (Tang et al. 2022: CIFAR-100 and CIFAR-10, EMNIST and MNIST).

    Classes are those that the probe uses, so while learning every label is -1, unknown.

    Args:
        learn_from: what streams show.
        probe_on: the labelled pictures; of the same shape.
    """

    def __init__(self, learn_from: Source, probe_on: Source) -> None:
        require(
            learn_from.shape == probe_on.shape,
            f"Transfer: pictures must have one shape (learn_from has {learn_from.shape}, probe_on {probe_on.shape})",
        )
        self._learn_from, self._probe_on = learn_from, probe_on

    @property
    def shape(self) -> tuple[int, int, int]:
        """See `Source.shape`."""
        return self._learn_from.shape

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of the source that is probed on."""
        return self._probe_on.classes

    def learning(self) -> Pictures:
        """See `Source.learning`."""
        pictures = self._learn_from.learning()
        return Pictures(torch.full_like(pictures.labels, -1), pictures.fetch)

    def probe(self, split: Split) -> Pictures:
        """See `Source.probe`."""
        return self._probe_on.probe(split)


def resident(pixels: UInt8[Tensor, "pictures channels height width"], labels: Int[Tensor, " pictures"]) -> Pictures:
    """Return pictures that are held in memory."""
    return Pictures(labels, lambda chosen: pixels[chosen])


def at_least_two(pictures: Pictures, where: str) -> Pictures:
    """Return *pictures* if there is something to saccade to.

    Raises:
        DataError: there are fewer than two.
    """
    if len(pictures) < 2:
        raise DataError(
            f"{where} holds {len(pictures)} pictures to learn from, but a saccade needs another one: add some"
        )
    return pictures
