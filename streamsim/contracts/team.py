"""Processes among which the streams of one simulation are divided."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor


class Team(ABC):
    """The processes among which the streams of one simulation are divided, as one of them sees it.

    Each has as many neighbouring streams as any other. What is small (draws, saccades, read-outs, weights) is the same
    in all of them, and what is large (frames, activity, traces) each has of its own streams alone. They must ask for
    the same in the same order, for whoever asks waits until all the others have asked.

    Attributes:
        rank: number of this process, from 0; the first one owns the run folder and speaks.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    def share(self, streams: int) -> slice:
        """Return which of so many *streams* this process sees."""
        each = streams // self.size
        return slice(self.rank * each, (self.rank + 1) * each)

    def own(self, x: Tensor, axis: int = 0) -> Tensor:
        """Return of *x*, with all streams along *axis*, the part of this process."""
        each = x.shape[axis] // self.size
        return x.narrow(axis, self.rank * each, each)

    @abstractmethod
    def gathered(self, parts: Sequence[Tensor], axis: int = 0) -> list[Tensor]:
        """Return each of *parts*, with this process's streams along *axis*, with those of all, in one message."""

    @abstractmethod
    def summed(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """Return the sum over processes of each of *parts*, floating, in one message; the same bits in all of them."""

    @abstractmethod
    def largest(self, number: int) -> int:
        """Return the largest *number* that any process has."""

    @abstractmethod
    def told(self, number: int) -> int:
        """Return the *number* that the first process has."""


class Alone(Team):
    """One process with all streams."""

    def own(self, x: Tensor, axis: int = 0) -> Tensor:
        """See `Team.own`."""
        return x

    def gathered(self, parts: Sequence[Tensor], axis: int = 0) -> list[Tensor]:
        """See `Team.gathered`."""
        return list(parts)

    def summed(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """See `Team.summed`."""
        return list(parts)

    def largest(self, number: int) -> int:
        """See `Team.largest`."""
        return number

    def told(self, number: int) -> int:
        """See `Team.told`."""
        return number
