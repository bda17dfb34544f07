"""What labels of speech mean: the contract, and labels that name the speaker."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from .corpus import Corpus


@dataclass(frozen=True)
class Track:
    """The labels of a corpus.

    Attributes:
        classes: what they number.
        pooled: whether all ticks of an utterance have one label.
        of: maps an utterance's number and its length in ticks to the label of each tick, -1 where unknown; raises
            `DataError` where the labels are absent, damaged or too many or few.
        check: raises `DataError` where an utterance's labels are absent or damaged, whatever its length.
    """

    classes: tuple[str, ...]
    pooled: bool
    of: Callable[[int, int], Int[Tensor, " ticks"]]
    check: Callable[[int], object]


class SpeechLabels(ABC):
    """What labels of speech mean."""

    @abstractmethod
    def read(self, corpus: Corpus) -> Track:
        """Return the labels of *corpus*.

        Raises:
            DataError: it has none of this kind.
        """


class Speakers(SpeechLabels):
    """Labels name the speaker; a probe sees the mean over an utterance."""

    def read(self, corpus: Corpus) -> Track:
        """See `SpeechLabels.read`."""
        speakers = tuple(sorted({utterance.speaker for utterance in corpus.utterances}))
        numbers = {speaker: number for number, speaker in enumerate(speakers)}

        def of(number: int, ticks: int) -> Int[Tensor, " ticks"]:
            return torch.full((ticks,), numbers[corpus.utterances[number].speaker], dtype=torch.int16)

        return Track(speakers, pooled=True, of=of, check=lambda number: None)
