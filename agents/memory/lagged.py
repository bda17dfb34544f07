"""Contrasts of fixed lags: with a stream's own past, or with that of other streams."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from streamsim.contracts import State, require

from .contrast import Contrast
from .memory import ShortTermMemory
from .recall import Recall

LEAST = 0.02
"""Smallest share that is made up for, so that no single pair outweighs fifty."""


class LagContrast(Contrast):
    """What contrasts of fixed lags share.

    Args:
        lags: ages in ticks of the memories that are compared with the present. Lags that exceed the memory's capacity
            cannot be remembered and are left out.
    """

    def __init__(self, lags: Sequence[int]) -> None:
        name = type(self).__name__
        require(len(lags) > 0 and min(lags) >= 1, f"{name}.lags must be ages of at least 1 tick (got {list(lags)})")
        require(len(set(lags)) == len(lags), f"{name}.lags must differ from each other (got {list(lags)})")
        self.lags = tuple(lags)

    def reach(self, memory: ShortTermMemory) -> tuple[int, ...]:
        """See `Contrast.reach`."""
        name = type(self).__name__
        require(memory.ring > 0, f"{name} needs a memory of recent frames: use the policy Recent or TwoTier")
        within = self.within(memory)
        most = "ShortTermMemory.capacity" if memory.ring == memory.capacity else "the recent slots of its policy"
        require(
            len(within) > 0,
            f"{name}.lags {list(self.lags)} all exceed {most} ({memory.ring}): raise that to {min(self.lags)} or more",
        )
        return within

    def within(self, memory: ShortTermMemory) -> tuple[int, ...]:
        """Return the lags at which *memory* holds every frame."""
        return tuple(lag for lag in self.lags if lag <= memory.ring)

    def ages(self, memory: ShortTermMemory) -> str:
        """Return the lags in words."""
        lags = self.reach(memory)
        return f"lag{'s' if len(lags) > 1 else ''} {', '.join(map(str, lags))}"

    def slots(self, memory: ShortTermMemory, state: State, tick: int, period: float) -> "Slots":
        """Return the slots of all lags, with a share of 0 where nothing is or no longer can be remembered."""
        lags = self.within(memory)
        rows = [(tick - lag) % memory.ring for lag in lags]
        # copies: instruments look at them when the slots may have been written already
        values, fixation, birth = (
            torch.stack([state[name][row] for row in rows]) for name in ("values", "fixation", "birth")
        )
        weight = (birth >= 0).to(values.dtype) / birth.numel()
        if memory.life_time is not None:
            weight = weight * (tick - birth <= memory.max_age(period))
        readable = weight
        if "awake" in state:
            weight = weight * state["awake"]
        if memory.decay_time is not None:
            values = memory.decayed(values, (tick - birth).to(values.dtype), period)
        return Slots(values, birth, weight, readable, fixation == state["now"], lags)


class Slots(NamedTuple):
    """The slots of some lags, lags first.

    Attributes:
        values: what they hold, as faded as it is.
        birth: tick at which they were written.
        weight: an equal share for each that can be read, 0 for the others and for streams that are not awake.
        readable: the same whether or not streams are awake.
        same: whether they are of the present fixation.
        lags: their ages in ticks.
    """

    values: Float[Tensor, "lags streams width"]
    birth: Int[Tensor, "lags streams"]
    weight: Float[Tensor, "lags streams"]
    readable: Float[Tensor, "lags streams"]
    same: Bool[Tensor, "lags streams"]
    lags: tuple[int, ...]


def balance(weight: Float[Tensor, "lags streams"], kind: Bool[Tensor, "lags streams"]) -> Float[Tensor, "lags streams"]:
    """Return the weights of pairs of a *kind*, raised so that at each lag they sum to those of all streams."""
    own = weight * kind
    return own * (weight.shape[1] / (own > 0).sum(1, keepdim=True).clamp_min(1))


def share(
    same: Bool[Tensor, "lags streams"], lags: Sequence[int], stay: Float[Tensor, ""]
) -> Float[Tensor, "lags streams"]:
    """Return how many pairs of each pair's own kind are to be expected at its lag.

    *stay* is the chance that what is seen now is still seen when the layer acts next.
    """
    kept = torch.stack([stay**lag for lag in lags])[:, None]
    return torch.where(same, kept, 1 - kept).clamp_min(LEAST)


class OwnMemory(LagContrast):
    """A stream's own past at fixed lags: "the same" if no saccade came in between, "another" if one did.

    This is the strictest learner: y is what the stream brings (Illing et al. 2021, equation 5), and positives and
    negatives have the same age, so that drift of the weights cannot tell them apart.

    Args:
        lags: as in `LagContrast`.
        positive: share of pairs of the same thing in the loss.
        negative: share of pairs of different things in the loss; 0 leaves negatives to another contrast.
        balanced: whether, at each lag, all streams' pairs of a kind weigh as much together as if every stream had one;
            long lags rarely lie within a fixation, and would otherwise teach little but differences. A single stream
            has one pair a tick and lag, so for it nothing changes.
        expected: whether *balanced* goes by how many pairs of a kind are to be expected, instead of by those of the
            tick, which few streams need: pairs of the same thing are (1 - p)^lag of all, p being the saccades that
            were received so far, a stream and tick, as if each tick had the same chance of one (`BernoulliSaccades`).
            No pair counts more than 50-fold.
    """

    knobs = frozenset({"positive", "negative"})

    def __init__(
        self,
        lags: Sequence[int] = (1,),
        positive: float = 1.0,
        negative: float = 1.0,
        balanced: bool = False,
        expected: bool = False,
    ) -> None:
        super().__init__(lags)
        require(positive >= 0, f"OwnMemory.positive must not be negative (got {positive})")
        require(negative >= 0, f"OwnMemory.negative must not be negative (got {negative})")
        self.positive = positive
        self.negative = negative
        require(balanced or not expected, "OwnMemory.expected says how to balance: set balanced to true")
        self.balanced = balanced
        self.expected = expected

    def describe(self, memory: ShortTermMemory) -> str:
        """See `Contrast.describe`."""
        kinds = [kind for kind, share in (("positives", self.positive), ("negatives", self.negative)) if share]
        return f"{' and '.join(kinds)} from the stream's own past at {self.ages(memory)}"

    def brings(self) -> tuple[frozenset[bool], ...]:
        """See `Contrast.brings`; one pair a lag."""
        return (frozenset(kind for kind, share in ((True, self.positive), (False, self.negative)) if share),)

    def recall(
        self, memory: ShortTermMemory, state: State, tick: int, period: float, generator: torch.Generator
    ) -> Recall:
        """See `Contrast.recall`."""
        slots = self.slots(memory, state, tick, period)
        same, weight = slots.same, slots.weight
        if self.expected:
            rate = state["now"].sum() / (state["ticks"] * same.shape[1])  # saccades of a stream and tick
            weight = weight / share(same, slots.lags, (1 - rate) ** (state["ticks"] / (tick + 1)))
        elif self.balanced:
            weight = balance(weight, same) + balance(weight, ~same)
        if (self.positive, self.negative) != (1.0, 1.0):
            weight = torch.where(same, weight * self.positive, weight * self.negative)
        owner = torch.arange(same.shape[1], device=same.device).expand_as(same)
        return Recall(slots.values[None], same[None], weight[None], slots.birth[None], owner[None], slots.lags)


class PeerMemory(LagContrast):
    """Other streams' memories of the same age, as negatives: what the papers' shuffled mini-batches amount to.

    Args:
        count: negatives per stream and lag; needs more than one stream.
        lags: as in `LagContrast`.
        share: weight in the loss of all negatives of a stream together.
        paired: whether a stream only has negatives where its own memory of that age is of the present thing, so that
            there are as many contrasts of one kind as of the other (CLAPP-s of Illing et al. 2021).
        group: so many neighbouring streams look at one picture (the columns of a patch scan); negatives are taken from
            other groups.
    """

    def __init__(
        self, count: int = 5, lags: Sequence[int] = (1,), share: float = 1.0, paired: bool = False, group: int = 1
    ) -> None:
        super().__init__(lags)
        require(count >= 1, f"PeerMemory.count must be at least 1 (got {count})")
        require(share > 0, f"PeerMemory.share must be positive (got {share})")
        require(group >= 1, f"PeerMemory.group must be at least 1 stream (got {group})")
        self.count = count
        self.share = share
        self.paired = paired
        self.group = group

    def describe(self, memory: ShortTermMemory) -> str:
        """See `Contrast.describe`."""
        return f"negatives from {self.count} other stream{'s' * (self.count > 1)} at {self.ages(memory)}"

    def brings(self) -> tuple[frozenset[bool], ...]:
        """See `Contrast.brings`."""
        return (frozenset({False}),) * self.count

    def validate(self, streams: int) -> None:
        """See `Contrast.validate`."""
        least = self.count * self.group
        require(
            streams > least,
            f"PeerMemory.count ({self.count}) needs more than {least} streams (got {streams}): "
            "raise --streams or use OwnMemory",
        )
        require(
            streams % self.group == 0,
            f"PeerMemory.group ({self.group}) must divide the number of streams (got {streams}), lest negatives come "
            f"from the own group: use {streams // self.group * self.group} or {-(-streams // self.group) * self.group}",
        )

    def recall(
        self, memory: ShortTermMemory, state: State, tick: int, period: float, generator: torch.Generator
    ) -> Recall:
        """See `Contrast.recall`."""
        slots = self.slots(memory, state, tick, period)
        streams = slots.same.shape[1]
        # a different neighbour for every group: rotations of the ring of streams
        offsets = torch.randperm((streams - 1) // self.group, generator=generator)[: self.count, None] + 1
        owner = ((torch.arange(streams) + offsets * self.group) % streams).to(slots.values.device, non_blocking=True)
        past = slots.values[:, owner].transpose(0, 1)
        shape = (self.count, len(slots.lags), streams)
        weight = slots.weight * slots.same if self.paired else slots.weight
        birth = slots.birth.expand(shape)
        if "awake" in state:
            birth = slots.birth[:, owner].transpose(0, 1)
            own = weight > 0 if self.paired else state["awake"]
            weight = slots.readable[:, owner].transpose(0, 1) * own
        return Recall(
            past,
            torch.zeros(shape, dtype=torch.bool, device=past.device),
            (weight * (self.share / self.count)).expand(shape),
            birth,
            owner[:, None].expand(shape),
            slots.lags,
        )
