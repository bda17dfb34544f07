"""The contract of a contrast: which memories the present is compared with."""

from abc import ABC, abstractmethod

import torch

from streamsim.contracts import State

from .memory import ShortTermMemory
from .recall import Recall


class Contrast(ABC):
    """Chooses memories to compare the present with. Every result should name the contrasts that it used.

    Attributes:
        traced: whether what is recalled for a lag is the owner's frame of that age, so that this frame's trace can be
            credited for it.
    """

    traced: bool = True

    @abstractmethod
    def reach(self, memory: ShortTermMemory) -> tuple[int | None, ...]:
        """Return the lag of each predictor, as far as *memory* reaches; None for memories of no fixed age.

        A learner asks once, when it is made, and so finds out whether the two fit.

        Raises:
            ConfigurationError: the memory cannot serve this contrast.
        """

    @abstractmethod
    def describe(self, memory: ShortTermMemory) -> str:
        """Return in words where pairs come from, as far as *memory* reaches; every result names it."""

    def brings(self) -> tuple[frozenset[bool], ...] | None:
        """Return what each group of pairs may hold: pairs of the same thing (true), of others (false), or both in turn.

        None, the default, if it cannot be told; it is asked for rules that need both at once (`Rule.needs_both`).
        """
        return None

    def validate(self, streams: int) -> None:
        """Raise `ConfigurationError` if this contrast cannot serve so many streams."""

    @abstractmethod
    def recall(
        self, memory: ShortTermMemory, state: State, tick: int, period: float, generator: torch.Generator
    ) -> Recall:
        """Return what is remembered; *generator* is on the CPU."""
