"""Which utterance follows after a saccade."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import generator_from, generator_state

from .corpus import Utterance


class Choice:
    """Draws an utterance of another speaker, or any other one, uniformly.

    Args:
        utterances: all that there are, those of a speaker one after another.
        pool: the numbers of those to draw from, ascending, at least two.
        other_speaker: whether to change the speaker, where the pool has more than one.
    """

    def __init__(self, utterances: Sequence[Utterance], pool: Sequence[int], other_speaker: bool) -> None:
        self._pool = torch.tensor(pool)
        speakers = [utterances[number].speaker for number in pool]
        groups = speakers if other_speaker and len(set(speakers)) > 1 else list(pool)
        first = {group: i for i, group in reversed(list(enumerate(groups)))}
        last = {group: i for i, group in enumerate(groups)}
        # of every utterance: where those begin and end that must not follow it
        self._begin, self._end = torch.zeros(2, len(utterances), dtype=torch.int64)
        self._begin[self._pool] = torch.tensor([first[group] for group in groups])
        self._end[self._pool] = torch.tensor([last[group] + 1 for group in groups])

    def any(self, dice: Int[Tensor, " streams"]) -> Int[Tensor, " streams"]:
        """Return an utterance for every one of the *dice*, which are large random numbers."""
        return self._pool[dice % len(self._pool)]

    def another(self, current: Int[Tensor, " streams"], dice: Int[Tensor, " streams"]) -> Int[Tensor, " streams"]:
        """Return an utterance that may follow the *current* one, for every one of the *dice*."""
        return self._follow(current, dice % self._possible(current))

    def rest(self, current: Int[Tensor, ""], dice: Int[Tensor, ""]) -> Iterator[int]:
        """Yield in random order all utterances that may follow the *current* one; *dice* decide on the order."""
        order = torch.randperm(int(self._possible(current)), generator=generator_from(generator_state(int(dice))))
        yield from self._follow(current, order).tolist()

    def _possible(self, current: Tensor) -> Tensor:
        possible: Tensor = len(self._pool) - (self._end[current] - self._begin[current])
        return possible

    def _follow(self, current: Tensor, rank: Tensor) -> Tensor:
        begin, end = self._begin[current], self._end[current]
        place: Tensor = torch.where(rank < begin, rank, rank + end - begin)
        return self._pool[place]
