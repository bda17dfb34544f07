"""What short-term memory keeps."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from streamsim.contracts import require


class StoragePolicy(ABC):
    """Decides what short-term memory keeps.

    The first slots may be a ring of the latest frames, and what leaves it is offered to the others; without a ring each
    frame is offered at once.
    """

    def ring(self, capacity: int) -> int:
        """Return how many of so many slots are a ring of the latest frames; none by default.

        Raises:
            ConfigurationError: there are too few slots.
        """
        return 0

    @abstractmethod
    def slots(
        self,
        capacity: int,
        tick: int,
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """Return the slot outside the ring where each stream keeps what is offered, or *capacity* for none.

        Args:
            capacity: number of slots.
            tick: the present tick.
            fixation: number of the present fixation, counted by received saccades.
            began: whether the fixation began with this frame.
            chance: one number in [0, 1) per stream if `random`, else empty.
        """

    random: bool = False


class Recent(StoragePolicy):
    """Keeps the last frames, one slot a tick."""

    def ring(self, capacity: int) -> int:
        """See `StoragePolicy.ring`: all slots."""
        return capacity

    def slots(
        self,
        capacity: int,
        tick: int,
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """See `StoragePolicy.slots`."""
        return torch.full_like(fixation, capacity)


class FixationAnchor(StoragePolicy):
    """Keeps the first frame of each fixation, the anchor of Tang, Yang & Amit 2022."""

    def slots(
        self,
        capacity: int,
        tick: int,
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """See `StoragePolicy.slots`."""
        return torch.where(began, fixation % capacity, capacity)


class Reservoir(StoragePolicy):
    """Keeps a uniform sample of everything seen so far (Vitter 1985, algorithm R)."""

    random = True

    def slots(
        self,
        capacity: int,
        tick: int,
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """See `StoragePolicy.slots`."""
        if tick < capacity:
            return torch.full_like(fixation, tick)
        return (chance * (tick + 1)).long().clamp_max(capacity)


class TwoTier(StoragePolicy):
    """Keeps the last frames, and in the other slots a uniform sample of all that came before them.

    A short first-in first-out memory, and a long one that it feeds, as in Memory Storyboard (Yang & Ren 2025). No frame
    is in both, so that whatever is drawn from the sample is older than all that is recent.

    Args:
        recent: slots for the last frames, at least 1 and fewer than the memory has.
        horizon: from so many ticks on the sample is of about that many last ticks, older frames ever more rarely: what
            was read out long ago was read out with other weights. None for a uniform sample of the whole life.
    """

    random = True

    def __init__(self, recent: int = 8, horizon: int | None = None) -> None:
        require(recent >= 1, f"TwoTier.recent must be at least 1 slot (got {recent})")
        require(horizon is None or horizon >= 1, f"TwoTier.horizon must be at least 1 tick (got {horizon})")
        self.recent = recent
        self.horizon = horizon

    def ring(self, capacity: int) -> int:
        """See `StoragePolicy.ring`."""
        require(
            self.recent < capacity,
            f"TwoTier.recent ({self.recent}) must be less than ShortTermMemory.capacity ({capacity}): raise the latter",
        )
        return self.recent

    def slots(
        self,
        capacity: int,
        tick: int,
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """See `StoragePolicy.slots`: those of a reservoir, of frames that come as much later as the ring is long."""
        if tick < self.recent:
            return torch.full_like(fixation, capacity)
        past = tick - self.recent if self.horizon is None else min(tick - self.recent, self.horizon)
        sampled = Reservoir().slots(capacity - self.recent, past, fixation, began, chance)
        return sampled + self.recent
