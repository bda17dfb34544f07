"""A contrast with whatever a stream's own memory holds."""

import torch
from torch import Tensor

from streamsim.contracts import State, require

from .contrast import Contrast
from .memory import ShortTermMemory
from .recall import Recall


class LatestOwn(Contrast):
    """Whatever a stream's own memory holds: the latest slots of this fixation, and the latest of earlier ones.

    Works with every policy. Negatives are older than positives, which invites a learner to drift and not to see
    (measured in docs/results.md); it is here because memory of anchors is the plainest reading of Tang et al. 2022.

    Args:
        positives: memories of the present fixation to compare with.
        negatives: memories of earlier fixations to compare with.
        share: weight in the loss of all negatives together.
    """

    def __init__(self, positives: int = 1, negatives: int = 5, share: float = 1.0) -> None:
        require(
            positives >= 0 and negatives >= 0, f"LatestOwn needs counts of 0 or more (got {positives}, {negatives})"
        )
        require(positives + negatives > 0, "LatestOwn needs at least one positive or negative")
        require(share > 0, f"LatestOwn.share must be positive (got {share})")
        self.positives = positives
        self.negatives = negatives
        self.share = share

    def describe(self, memory: ShortTermMemory) -> str:
        """See `Contrast.describe`."""
        return f"{self.positives} positives and {self.negatives} older negatives from the stream's own memory"

    def brings(self) -> tuple[frozenset[bool], ...]:
        """See `Contrast.brings`."""
        return (frozenset({True}),) * self.positives + (frozenset({False}),) * self.negatives

    def reach(self, memory: ShortTermMemory) -> tuple[int | None, ...]:
        """See `Contrast.reach`."""
        most = max(self.positives, self.negatives)
        require(
            most <= memory.capacity,
            f"LatestOwn wants {most} memories but ShortTermMemory.capacity is {memory.capacity}: raise the capacity",
        )
        return (None,)

    def recall(
        self, memory: ShortTermMemory, state: State, tick: int, period: float, generator: torch.Generator
    ) -> Recall:
        """See `Contrast.recall`."""
        birth, fixation = state["birth"][: memory.capacity], state["fixation"][: memory.capacity]
        readable = (birth >= 0) & (tick - birth <= memory.max_age(period))
        if "awake" in state:
            readable = readable & state["awake"]
        same = fixation == state["now"]
        found = [
            self._latest(birth, readable & mask, count, share / count)
            for mask, count, share in ((same, self.positives, 1.0), (~same, self.negatives, self.share))
            if count
        ]
        slot = torch.cat([s for s, _ in found])
        values = state["values"]
        weight = torch.cat([w for _, w in found]).to(values.dtype) / birth.shape[1]
        owner = torch.arange(birth.shape[1], device=birth.device).expand_as(slot)
        born = birth.gather(0, slot)
        past = memory.decayed(values[slot, owner], (tick - born).to(values.dtype), period)
        past, is_same, weight, born, owner = (t[:, None] for t in (past, same.gather(0, slot), weight, born, owner))
        return Recall(past, is_same, weight, born, owner, lags=(None,))

    def _latest(self, birth: Tensor, eligible: Tensor, count: int, share: float) -> tuple[Tensor, Tensor]:
        """Return the *count* latest eligible slots of each stream and their shares in its loss."""
        latest, slot = torch.where(eligible, birth, -1).topk(count, dim=0)
        return slot, (latest >= 0) * share
