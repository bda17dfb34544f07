"""The contract of a world."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .glimpse import Scene
from .sensor import Sensor
from .tree import State


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
    """

    labels: Int[Tensor, "examples"]
    fetch: Callable[[Int[Tensor, "chosen"]], Float[Tensor, "chosen parts *shape"]]


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
    fetch: Callable[[Int[Tensor, "chosen"]], Stretch]
    pooled: bool


Baseline = Callable[[Float[Tensor, "n ticks *shape"]], Float[Tensor, "n ticks *features"]]


class Environment(ABC):
    """A world to look at.

    The world only says what the next frame shows; *when* to saccade is decided by the gaze. All bookkeeping (masks,
    identities, random draws) is on the CPU, so that a seed gives the same stream on every device; only the pixels are
    made on the run's device. `check_environment` verifies the whole contract.
    """

    @property
    @abstractmethod
    def sensor(self) -> Sensor:
        """The form of the frames."""

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that labels number."""

    @abstractmethod
    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """Return the state of *streams* streams before their first look; draws come from *seed* alone."""

    @abstractmethod
    def look(self, state: State, saccade: Bool[Tensor, "streams"]) -> tuple[State, Scene]:
        """Return the state after one tick and what it shows.

        Streams marked in *saccade* (CPU) turn to another thing; the others go on with what they see. The first look
        after `reset` is a saccade in every stream. The state passed in is consumed.
        """

    @abstractmethod
    def labelled(self, split: Split) -> Labelled | Sequences:
        """Return labelled examples of *split*, the same at every call.

        Raises:
            DataError: the world has no labels.
        """

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """Features that need no learning, to stand beside every probe, by name: functions of frames in their order.

        Each maps (examples, ticks, *sensor shape) to one vector a tick, or to one map, channels first, which is read in
        the way of a layer's activity; by default the frames themselves, as maps if they are pictures.
        """
        return {"pixels": _themselves} if self.sensor.modality == "vision" else {"input": _flattened}

    def damaged(self, state: State) -> int:
        """Return how many recordings could not be read and were passed over up to *state*."""
        return 0


def _themselves(frames: Float[Tensor, "n ticks *shape"]) -> Float[Tensor, "n ticks *shape"]:
    return frames


def _flattened(frames: Float[Tensor, "n ticks *shape"]) -> Float[Tensor, "n ticks features"]:
    return frames.flatten(2)
