"""Utterances in memory: what was read last, and what each stream hears now."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Int, Int16
from torch import Tensor
from torch.nn.functional import pad

from streamsim.environments.io import lru_cached, unreadable

from .audio import RATE, TICK, decode
from .corpus import Corpus
from .labels import Track


@dataclass(frozen=True)
class DecodedUtterance:
    """An utterance in memory.

    Attributes:
        samples: in steps of 1 / 32768.
        labels: of every tick, -1 where unknown.
    """

    samples: Int16[Tensor, "ticks 160"]
    labels: Int16[Tensor, " ticks"]

    @property
    def size(self) -> int:
        """Bytes that it occupies."""
        return self.samples.nbytes + self.labels.nbytes


class Reader:
    """Reads utterances with their labels and keeps what it read last, up to a limit.

    Args:
        corpus: the utterances.
        track: their labels.
        shortest: how many ticks an utterance must last.
        cache_mib: how much memory utterances may take, in MiB; the longest unused ones go first.
    """

    def __init__(self, corpus: Corpus, track: Track, shortest: int, cache_mib: int) -> None:
        self._corpus, self._track, self._shortest = corpus, track, shortest
        self._decoded = lru_cached(self._decode, lambda utterance: utterance.size, cache_mib)
        self._rates = {RATE}

    def read(self, number: int) -> DecodedUtterance:
        """Return an utterance.

        Raises:
            DataError: it cannot be read, is too short, or its labels are absent or damaged.
        """
        return self._decoded(number)

    def _decode(self, number: int) -> DecodedUtterance:
        file = self._corpus.utterances[number].file
        samples, rate = decode(file)
        if len(samples) < self._shortest:
            raise unreadable(file, f"it lasts {len(samples)} ticks of 10 ms, at least {self._shortest} are asked for")
        if rate not in self._rates:
            self._rates.add(rate)
            warnings.warn(
                f"recordings of {rate} Hz are converted to {RATE} Hz while they are read (the first is {file})",
                stacklevel=2,
            )
        return DecodedUtterance(samples, self._track.of(number, len(samples)))


class StreamBuffer:
    """What each stream hears now, side by side, so that a tick of all streams is one look-up.

    It follows from the utterances' numbers alone and is filled again whenever they are not those that it holds, so it
    is no part of a world's state.

    Args:
        reader: reads what it does not hold.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._numbers: Tensor = torch.zeros(0, dtype=torch.int64)
        self._make_room(0)

    def load(self, utterance: Int[Tensor, " streams"], read: Mapping[int, DecodedUtterance]) -> None:
        """Hold *utterance* from now on, some of which were *read* a moment ago."""
        if len(utterance) != len(self._numbers):
            self._make_room(len(utterance))
        for stream in (utterance != self._numbers).nonzero().squeeze(1).tolist():
            number = int(utterance[stream])
            self._fill(stream, read[number] if number in read else self._reader.read(number))
        self._numbers = utterance.clone()

    def ticks(self) -> Int[Tensor, " streams"]:
        """Return how long the utterances are."""
        return self._ticks.clone()

    def at(self, tick: Int[Tensor, " streams"]) -> tuple[Int16[Tensor, "streams 160"], Int16[Tensor, " streams"]]:
        """Return the samples and labels of one tick of each stream."""
        stream = torch.arange(len(tick))
        return self._samples[stream, tick], self._labels[stream, tick]

    def _make_room(self, streams: int) -> None:
        self._numbers = torch.full((streams,), -1)
        self._ticks = torch.zeros(streams, dtype=torch.int64)
        self._samples = torch.zeros(streams, 0, TICK, dtype=torch.int16)
        self._labels = torch.zeros(streams, 0, dtype=torch.int16)

    def _fill(self, stream: int, utterance: DecodedUtterance) -> None:
        ticks = len(utterance.samples)
        more = ticks - self._samples.shape[1]
        if more > 0:
            self._samples, self._labels = pad(self._samples, (0, 0, 0, more)), pad(self._labels, (0, more))
        self._samples[stream, :ticks], self._labels[stream, :ticks] = utterance.samples, utterance.labels
        self._ticks[stream] = ticks
