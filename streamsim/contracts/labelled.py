"""Labelled examples, as probes need them: single frames, or recordings with a label a tick or one for all."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from jaxtyping import Float, Int
from torch import Tensor


class Split(StrEnum):
    """The two halves of a probe's labelled data."""

    TRAIN = "train"
    TEST = "test"


@dataclass(frozen=True)
class Labelled:
    """Labelled examples for probes, fetched on demand so that they never need to fit in memory at once.

    Attributes:
        labels: class of every example, on the CPU.
        fetch: maps indices to frames on the CPU, (examples, parts, *sensor shape). A probe averages features over the
            parts, e.g. over the 49 patches of an image; worlds that show whole pictures have one part.
        clusters: number of the independent thing that each example is of, where several are of one, such as
            neighbouring views of an object; None if each stands for itself. Standard errors count clusters.
    """

    labels: Int[Tensor, " examples"]
    fetch: Callable[[Int[Tensor, " chosen"]], Float[Tensor, "chosen parts *shape"]]
    clusters: Int[Tensor, " examples"] | None = None


@dataclass(frozen=True)
class Stretch:
    """A few labelled recordings side by side, tick by tick from the beginning of a fixation.

    Attributes:
        frames: what is heard or seen, on the CPU; 0 where a recording has ended before the longest of them.
        labels: class at every tick, -1 where unknown, where the recording has ended, and everywhere in one that cannot
            be read and is to be passed over.
    """

    frames: Float[Tensor, "chosen ticks *shape"]
    labels: Int[Tensor, "chosen ticks"]


@dataclass(frozen=True)
class Sequences:
    """Labelled recordings for probes of agents that need a past: an utterance, a clip.

    Attributes:
        count: how many there are.
        fetch: maps indices of a few of them to frames and labels.
        pooled: whether a recording is one example, its features the mean over its ticks and its class the same at all
            of them (speaker, action), or each tick is an example of its own (phone).
    """

    count: int
    fetch: Callable[[Int[Tensor, " chosen"]], Stretch]
    pooled: bool
