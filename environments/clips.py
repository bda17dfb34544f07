"""Where moving pictures come from: the contract of a collection of clips."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamsim.environment import Split
from streamsim.errors import DataError


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
