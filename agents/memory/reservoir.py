"""A contrast with what is no longer recent."""

from collections.abc import Sequence

import torch

from streamsim.contracts import State, require

from .lagged import LagContrast
from .memory import ShortTermMemory
from .recall import Recall


class OwnReservoir(LagContrast):
    """Negatives drawn from a stream's own older memories, which `TwoTier` samples from its whole past.

    Positives are for another contrast of the same lags. What a stream saw last is near-duplicates of a few things, what
    it saw before is of many. But that is older than positives are, which invites a learner to drift (see `LatestOwn`):
    the report shows the ages of both, and how alike they are.

    Args:
        count: negatives per lag.
        lags: as in `LagContrast`; a negative takes the place of a memory of that age, so that every predictor has some.
        share: weight in the loss of all negatives of a stream together.
        paired: whether there are only negatives where the memory of that lag is of the present thing, so that there are
            as many contrasts of one kind as of the other, of the same frames (as in `PeerMemory`).
    """

    traced = False

    def __init__(self, count: int = 1, lags: Sequence[int] = (1,), share: float = 1.0, paired: bool = False) -> None:
        super().__init__(lags)
        require(count >= 1, f"OwnReservoir.count must be at least 1 (got {count})")
        require(share > 0, f"OwnReservoir.share must be positive (got {share})")
        self.count = count
        self.share = share
        self.paired = paired

    def reach(self, memory: ShortTermMemory) -> tuple[int, ...]:
        """See `Contrast.reach`."""
        require(
            0 < memory.ring < memory.capacity,
            "OwnReservoir needs a memory that also samples what is no longer recent: use the policy TwoTier",
        )
        return super().reach(memory)

    def describe(self, memory: ShortTermMemory) -> str:
        """See `Contrast.describe`."""
        return f"negatives from {memory.capacity - memory.ring} sampled slots of the stream's own past"

    def brings(self) -> tuple[frozenset[bool], ...]:
        """See `Contrast.brings`."""
        return (frozenset({False}),) * self.count

    def recall(
        self, memory: ShortTermMemory, state: State, tick: int, period: float, generator: torch.Generator
    ) -> Recall:
        """See `Contrast.recall`."""
        values, lags = state["values"], self.within(memory)
        shape = (self.count, len(lags), values.shape[1])
        drawn = torch.randint(memory.ring, memory.capacity, shape, generator=generator)
        slot = drawn.to(values.device, non_blocking=True)
        owner = torch.arange(shape[2], device=values.device).expand(shape)
        birth = state["birth"][slot, owner]
        other = (birth >= 0) & (state["fixation"][slot, owner] != state["now"])
        other = other & (tick - birth <= memory.max_age(period)) & state.get("awake", True)
        past = memory.decayed(values[slot, owner], (tick - birth).to(values.dtype), period)
        weight = other.to(values.dtype) * (self.share / slot.numel())
        if self.paired:
            own = self.slots(memory, state, tick, period)
            weight = weight * (own.same & (own.weight > 0))
        return Recall(past, torch.zeros_like(other), weight, birth, owner, lags)
