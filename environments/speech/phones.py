"""Labels that name the phone at each tick, in the format of CPC's labels of LibriSpeech (Riviere et al. 2020)."""

import warnings
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import DataError, require
from streamsim.environments.io import OR_SKIP, nearby, present, text_in

from .corpus import Corpus, Utterance
from .labels import Speakers, SpeechLabels, Track

PHONE_FILE = "converted_aligned_phones.txt"

_Lines = dict[str, np.ndarray | None]


class Phones(SpeechLabels):
    """Labels name the phone at each tick; a probe sees each tick by itself.

    The corpus's annotations hold `converted_aligned_phones.txt`, a line for each utterance: its name and the label of
    every 10 ms from its beginning. Where `phones.txt` lies beside it, its lines name the phones, otherwise they are
    called by their numbers. Ticks after the last label are unknown, labels after the last tick are dropped.

    Args:
        tolerance: by how many an utterance's labels may be more or fewer than its ticks, at least 0; alignments with
            windows of 25 ms lose two or three.
    """

    def __init__(self, tolerance: int = 5) -> None:
        require(tolerance >= 0, f"Phones.tolerance must not be negative (got {tolerance})")
        self._tolerance = tolerance

    def read(self, corpus: Corpus) -> Track:
        """See `SpeechLabels.read`."""
        file = corpus.annotations / PHONE_FILE
        if not present(file):
            raise DataError(f"there is no phone file {str(file)!r}: put it there, or label by Speakers")
        lines = _lines(file)
        classes = _classes(file, lines)

        def sound(number: int) -> np.ndarray:
            return _sound(file, lines, len(classes), corpus.utterances[number])

        def of(number: int, ticks: int) -> Int[Tensor, " ticks"]:
            return self._fitted(file, sound(number), corpus.utterances[number].name, ticks)

        return Track(classes, pooled=False, of=of, check=sound)

    def _fitted(self, file: Path, labels: np.ndarray, name: str, ticks: int) -> Int[Tensor, " ticks"]:
        if abs(len(labels) - ticks) > self._tolerance:
            raise DataError(
                f"{file} has {len(labels)} labels for {name!r}, which lasts {ticks} ticks of 10 ms, and they may "
                f"differ by {self._tolerance} at most: mend its line, {OR_SKIP}"
            )
        known = torch.from_numpy(labels[:ticks])
        return torch.cat([known, known.new_full((ticks - len(known),), -1)])


class PhonesOrSpeakers(SpeechLabels):
    """Labels name the phones, see `Phones`, where the corpus has a file of them, otherwise the speakers.

    Warns where the file of phones lies one level up or down from where it is looked for.
    """

    def read(self, corpus: Corpus) -> Track:
        """See `SpeechLabels.read`."""
        folder = corpus.annotations
        if present(folder / PHONE_FILE):
            return Phones().read(corpus)
        if level := nearby(folder, lambda other: (other / PHONE_FILE).is_file()):
            warnings.warn(f"speakers are told apart, not phones: {folder} holds no {PHONE_FILE}{level}", stacklevel=2)
        return Speakers().read(corpus)


def _sound(file: Path, lines: _Lines, classes: int, utterance: Utterance) -> np.ndarray:
    """Return the labels of *utterance*.

    Raises:
        DataError: there are none, or not such as number the classes.
    """
    name = utterance.name
    if name not in lines:
        raise DataError(f"{file} has no line for {name!r} ({utterance.file}): add its labels, {OR_SKIP}")
    labels = lines[name]
    if labels is None or len(labels) == 0 or not 0 <= labels.min() <= labels.max() < classes:
        raise DataError(f"{file} has labels for {name!r} that are not 0 to {classes - 1}: mend its line, {OR_SKIP}")
    return labels


def _lines(file: Path) -> _Lines:
    """Return the labels of every utterance by its name, None where they are no numbers."""
    lines: _Lines = {}
    for line in text_in(file).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name in lines:
            raise DataError(f"{file} has two lines for {name!r}: remove one")
        if name:
            lines[name] = _numbers(rest)
    return lines


def _numbers(text: str) -> np.ndarray | None:
    try:
        return np.array(text.split(), dtype=np.int16)
    except (ValueError, OverflowError):
        return None


def _classes(file: Path, lines: _Lines) -> tuple[str, ...]:
    names = file.with_name("phones.txt")
    if present(names):
        return tuple(text_in(names).split())
    most = max((int(labels.max()) for labels in lines.values() if labels is not None and len(labels)), default=-1)
    if most < 0:
        raise DataError(f"{file} holds no labels: expected lines such as 'utterance 3 3 17'")
    return tuple(str(number) for number in range(most + 1))
