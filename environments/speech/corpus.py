"""Where speech comes from: the contract of a collection of utterances."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from streamsim.contracts import DataError

SUFFIXES = frozenset({".flac", ".wav"})


@dataclass(frozen=True)
class Utterance:
    """A recording of one speaker.

    Attributes:
        name: what lists and phone files call it.
        speaker: who speaks.
        file: where it lies.
    """

    name: str
    speaker: str
    file: Path


class Corpus(ABC):
    """A collection of utterances, numbered in a fixed order in which those of a speaker follow one another."""

    @property
    @abstractmethod
    def utterances(self) -> tuple[Utterance, ...]:
        """All utterances, found by their names alone; no recording has been opened."""

    @property
    @abstractmethod
    def annotations(self) -> Path:
        """The folder in which `train_split.txt`, `test_split.txt` and `converted_aligned_phones.txt` may lie."""

    @abstractmethod
    def transcript(self, number: int) -> str | None:
        """Return the words of an utterance, None where there is no transcript."""


def in_order(found: Iterable[Utterance], folder: Path) -> tuple[Utterance, ...]:
    """Return utterances in the order of speakers and names.

    Raises:
        DataError: there are none in *folder*, or two have one name.
    """
    ordered = tuple(sorted(found, key=lambda u: (u.speaker, u.name)))
    if not ordered:
        raise DataError(f"{folder} holds no recordings: expected .flac or .wav files in it or in folders of speakers")
    name, times = Counter(u.name for u in ordered).most_common(1)[0]
    if times > 1:
        raise DataError(f"{folder} holds {times} recordings called {name!r}: rename or remove all but one")
    return ordered
