"""The contract of a world."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from .labelled import Labelled, Sequences, Split
from .records import Scene, Sensor
from .tree import State

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

    @property
    def teaches(self) -> bool:
        """Whether `Scene.label` is ever known, so that an agent can be taught; by default if there are classes.

        A world that has classes only for probes, and shows what nobody has labelled, says so here.
        """
        return bool(self.classes)

    @abstractmethod
    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """Return the state of *streams* streams before their first look; draws come from *seed* alone."""

    @abstractmethod
    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """Return the state after one tick and what it shows.

        Streams marked in *saccade* (CPU) turn to another thing; the others go on with what they see. The first look
        after `reset` is a saccade in every stream. The state passed in is consumed.
        """

    def glance(self, state: State, saccade: Bool[Tensor, " streams"], share: slice) -> tuple[State, Scene]:
        """Return what `look` returns, but only frames of the streams in *share*: the others are seen elsewhere.

        Everything else is of all streams, and the state does not depend on the share. By default all frames are made,
        and most are thrown away; a world whose frames cost more than its bookkeeping makes only those asked for.
        """
        state, scene = self.look(state, saccade)
        return state, replace(scene, frame=scene.frame[share])

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

    def impossible(self, state: State, looks: int) -> str:
        """Return what shows that no so many *looks* lead to *state*, as half a sentence, or nothing.

        A checkpoint may be a stranger's: what in it decides how long a look takes, or how much it reads, is for the
        world to bound here.
        """
        return ""


def _themselves(frames: Float[Tensor, "n ticks *shape"]) -> Float[Tensor, "n ticks *shape"]:
    return frames


def _flattened(frames: Float[Tensor, "n ticks *shape"]) -> Float[Tensor, "n ticks features"]:
    return frames.flatten(2)


class OnDamaged(StrEnum):
    """What a world does when a recording turns out to be damaged."""

    REFUSE = "refuse"
    """End the run with a sentence that names the file."""

    SKIP = "skip"
    """Pass it over and count it; the count is in the run's summary."""
