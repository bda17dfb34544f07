"""Which utterances are learnt from, and which are kept for the test of a probe."""

import warnings
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from streamsim.contracts import DataError, Split
from streamsim.environments.io import present, text_in

from .corpus import Corpus, Utterance

HELD_OUT = 5


def divided(corpus: Corpus) -> dict[Split, list[int]]:
    """Return the numbers of the utterances of both splits; streams hear those of the training split only.

    If `train_split.txt` and `test_split.txt` lie with the annotations, they name the utterances, others are left out.
    Without them every fifth utterance of a speaker, in the order of names, is held out for the test.

    Raises:
        DataError: there is one list but not the other, they share an utterance, or name none that is there.
    """
    lists = {split: corpus.annotations / f"{split}_split.txt" for split in Split}
    there = {split: present(file) for split, file in lists.items()}
    if not any(there.values()):
        return _every_fifth(corpus.utterances)
    for split, file in lists.items():
        if not there[split]:
            raise DataError(f"there is no list {str(file)!r} beside the other one: add it, or remove both")
    return _listed(corpus.utterances, lists)


def _every_fifth(utterances: Sequence[Utterance]) -> dict[Split, list[int]]:
    parts: dict[Split, list[int]] = {Split.TRAIN: [], Split.TEST: []}
    for _, mine in groupby(enumerate(utterances), key=lambda item: item[1].speaker):
        for i, (number, _) in enumerate(mine):
            parts[Split.TEST if i % HELD_OUT == HELD_OUT - 1 else Split.TRAIN].append(number)
    return parts


def _listed(utterances: Sequence[Utterance], lists: dict[Split, Path]) -> dict[Split, list[int]]:
    names = {split: set(text_in(file).split()) for split, file in lists.items()}
    both = sorted(names[Split.TRAIN] & names[Split.TEST])
    if both:
        raise DataError(f"{both[0]!r} is in both {lists[Split.TRAIN]} and {lists[Split.TEST]}: remove it from one")
    numbers = {utterance.name: number for number, utterance in enumerate(utterances)}
    for split, file in lists.items():
        _say_how_many_are_absent(names[split], numbers, file)
    return {split: sorted(numbers[name] for name in names[split] & set(numbers)) for split in Split}


def _say_how_many_are_absent(names: set[str], numbers: dict[str, int], file: Path) -> None:
    absent = sorted(names - set(numbers))
    if len(absent) == len(names):
        raise DataError(f"none of the {len(names)} utterances in {file} is among the recordings: restore them")
    if absent:
        warnings.warn(
            f"{len(absent)} of the {len(names)} utterances in {file} are absent (the first is {absent[0]}); the others "
            "are used",
            stacklevel=4,
        )
