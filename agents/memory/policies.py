"""What short-term memory keeps."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Int
from torch import Tensor


class StoragePolicy(ABC):
    """Decides what short-term memory keeps."""

    @abstractmethod
    def slots(
        self,
        capacity: int,
        tick: int,
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """Return the slot that each stream writes now, or *capacity* where it keeps nothing.

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

    def slots(
        self,
        capacity: int,
        tick: int,
        fixation: Int[Tensor, " streams"],
        began: Bool[Tensor, " streams"],
        chance: Tensor,
    ) -> Int[Tensor, " streams"]:
        """See `StoragePolicy.slots`."""
        return torch.full_like(fixation, tick % capacity)


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
