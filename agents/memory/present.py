"""Nothing is remembered: for rules that learn from the present alone."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim import Glimpse, State
from streamsim.agents.encoders import Percept, RateGroup

from .recall import Recall
from .recollection import Recollection, awake


class PresentOnly:
    """Stands where a `Recollector` does, keeps nothing, and gives each stream one pair with nothing."""

    def reset(
        self, groups: Sequence[RateGroup], widths: Sequence[int], streams: int, seed: int, device: torch.device
    ) -> State:
        """See `Recollector.reset`: nothing is kept."""
        return {}

    def describe(self) -> str:
        """See `Recollector.describe`."""
        return "nothing of the past"

    def recall(
        self,
        memories: State,
        groups: Sequence[RateGroup],
        percept: Percept,
        glimpse: Glimpse,
        generator: torch.Generator,
    ) -> list[Recollection]:
        """See `Recollector.recall`; streams that are not awake have a pair of weight 0."""
        found = []
        for group in groups:
            recall = None
            if (glimpse.tick + 1) % group.every == 0:
                told = awake(percept, group)
                counted = torch.ones_like(glimpse.saccade) if told is None else told
                recall = nothing(counted, percept.tapes[group.names[0]]["z"].dtype)
            found.append(Recollection(group, {}, glimpse.tick // group.every, recall))
        return found

    def store(
        self,
        recollection: Recollection,
        readouts: Mapping[str, Float[Tensor, "streams _"]],
        factors: Mapping[str, Float[Tensor, ""]],
        percept: Percept,
        glimpse: Glimpse,
    ) -> None:
        """See `Recollector.store`: nothing is written."""


def nothing(counted: Bool[Tensor, " streams"], dtype: torch.dtype) -> Recall:
    """Return a pair of each stream with nothing; its weight is of *dtype*, but at least of single precision."""
    streams = len(counted)
    weight = counted.to(torch.promote_types(dtype, torch.float32)) / streams
    owner = torch.arange(streams, device=counted.device)
    return Recall(
        weight.new_zeros(1, 1, streams, 0),
        torch.ones_like(counted)[None, None],
        weight[None, None],
        torch.full_like(owner, -1)[None, None],
        owner[None, None],
        (None,),
    )
