"""What layers that act together remember, and what they will: the second and the last step of a tick."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim import Glimpse, State
from streamsim.agents.encoders import Percept, RateGroup
from streamsim.contracts import derive

from .contrast import Contrast
from .memory import ShortTermMemory
from .recall import Recall


class Recollection(NamedTuple):
    """What layers that act together remember.

    Attributes:
        group: the layers.
        memory: the state of their memory, in which this tick's fixations have begun.
        number: how often they acted before.
        recall: what there is to be compared with the present, or None if they do not act at this tick.
    """

    group: RateGroup
    memory: State
    number: int
    recall: Recall | None


class Recollector:
    """A short-term memory for every group of layers, and what is asked of it.

    Args:
        memory: the slots.
        contrasts: which of them the present is compared with.
    """

    def __init__(self, memory: ShortTermMemory, contrasts: Sequence[Contrast]) -> None:
        self.memory = memory
        self.contrasts = tuple(contrasts)

    def reset(
        self, groups: Sequence[RateGroup], widths: Sequence[int], streams: int, seed: int, device: torch.device
    ) -> State:
        """Return the part of a learner's state that is memory: empty slots of every group.

        Args:
            groups: the layers.
            widths: numbers of a read-out of every layer, bottom to top.
            streams: how many there are.
            seed: a learner's.
            device: where slots are.

        Raises:
            ConfigurationError: a contrast cannot serve so many streams.
        """
        for contrast in self.contrasts:
            contrast.validate(streams)
        slots = {
            group.key: self.memory.reset(
                streams, sum(widths[i] for i in group.layers), derive(seed, "memory", group.key), device
            )
            for group in groups
        }
        return {"memory": slots}

    def describe(self) -> str:
        """Return in words what the present is compared with."""
        return "; ".join(contrast.describe(self.memory) for contrast in self.contrasts)

    def recall(
        self,
        memories: State,
        groups: Sequence[RateGroup],
        percept: Percept,
        glimpse: Glimpse,
        generator: torch.Generator,
    ) -> list[Recollection]:
        """Return what every group remembers; *memories*, their state, is left as it is."""
        found = []
        for group in groups:
            memory = self.memory.begin_fixations(memories[group.key], glimpse.saccade, awake(percept, group))
            number, recall = glimpse.tick // group.every, None
            if (glimpse.tick + 1) % group.every == 0:
                # nothing is remembered at tick 0, whose period cannot be told
                period = group.every * glimpse.seconds / glimpse.tick if glimpse.tick else 1.0
                recall = joined([c.recall(self.memory, memory, number, period, generator) for c in self.contrasts])
            found.append(Recollection(group, memory, number, recall))
        return found

    def store(
        self,
        recollection: Recollection,
        readouts: Mapping[str, Float[Tensor, "streams _"]],
        factors: Mapping[str, Float[Tensor, ""]],
        percept: Percept,
        glimpse: Glimpse,
    ) -> None:
        """Write the present *readouts* of layers that act into their slots; those of layers with a factor grow by it.

        What is remembered of such a layer grows as well.
        """
        group, memory, number, _ = recollection
        if factors:
            widths = [readout.shape[1] for readout in readouts.values()]
            for name, past in zip(readouts, torch.split(memory["values"], widths, -1), strict=True):
                past.mul_(factors.get(name, 1.0))
        present = [now * factors[name] if name in factors else now for name, now in readouts.items()]
        began = glimpse.saccade
        if percept.age is not None:  # the first activity that is all of its fixation
            since = percept.age - group.receptive_ticks
            began = (since >= 0) & (since < group.every)
        self.memory.write(memory, number, torch.cat(present, -1), began)


def awake(percept: Percept, group: RateGroup) -> Bool[Tensor, " streams"] | None:
    """Return which streams are awake to the layers of a *group*, or None if all are.

    Streams whose fixation has not lasted as long as the layers see back are not: what they see is not all of one thing.
    """
    if percept.age is None or not group.receptive_ticks:
        return None
    return percept.age >= group.receptive_ticks


def joined(recalls: Sequence[Recall]) -> Recall:
    """Return the groups of *recalls*, which must have the same predictors, as one."""
    if len(recalls) == 1:
        return recalls[0]
    fields = ("past", "same", "weight", "birth", "owner")
    return Recall(**{f: torch.cat([getattr(r, f) for r in recalls]) for f in fields}, lags=recalls[0].lags)
