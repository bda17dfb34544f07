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
        offered: Int[Tensor, " streams"],
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """Return the slot outside the ring where each stream keeps what is offered, or *capacity* for none.

        Args:
            capacity: number of slots.
            offered: frames that were offered of each stream before this one.
            fixation: number of the present fixation, counted by received saccades.
            began: whether the fixation began with the present frame; what a ring offers is older than that.
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
        offered: Int[Tensor, " streams"],
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
        offered: Int[Tensor, " streams"],
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
        offered: Int[Tensor, " streams"],
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """See `StoragePolicy.slots`."""
        return torch.where(offered < capacity, offered, (chance * (offered + 1)).long().clamp_max(capacity))


class TwoTier(StoragePolicy):
    """Keeps the last frames, and in the other slots a uniform sample of all that came before them.

    A short first-in first-out memory, and a long one that it feeds, as in Memory Storyboard (Yang & Ren 2025). No frame
    is in both, so that whatever is drawn from the sample is older than all that is recent.

    Args:
        recent: slots for the last frames, at least 1 and fewer than the memory has.
        horizon: frames after which the sample forgets 63 %, at least as many as the other slots: what was read out long
            ago was read out with other weights. None for a uniform sample of the whole life.
    """

    random = True

    def __init__(self, recent: int = 8, horizon: int | None = None) -> None:
        require(recent >= 1, f"TwoTier.recent must be at least 1 slot (got {recent})")
        require(horizon is None or horizon >= 1, f"TwoTier.horizon must be at least 1 frame (got {horizon})")
        self.recent = recent
        self.horizon = horizon

    def ring(self, capacity: int) -> int:
        """See `StoragePolicy.ring`."""
        require(
            self.recent < capacity,
            f"TwoTier.recent ({self.recent}) must be less than ShortTermMemory.capacity ({capacity}): raise the latter",
        )
        others = capacity - self.recent
        require(
            self.horizon is None or self.horizon >= others,
            f"TwoTier.horizon must be at least {others} frames, the slots behind the recent ones (got {self.horizon})",
        )
        return self.recent

    def slots(
        self,
        capacity: int,
        offered: Int[Tensor, " streams"],
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """See `StoragePolicy.slots`: those of a reservoir behind the ring."""
        past = offered if self.horizon is None else offered.clamp_max(self.horizon)
        return self.recent + Reservoir().slots(capacity - self.recent, past, fixation, began, chance)
