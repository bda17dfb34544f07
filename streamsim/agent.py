"""The contract of a learner."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .glimpse import Glimpse
from .ledger import Ledger
from .sensor import Sensor
from .tree import State


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the frame of a tick was compared with, so that instruments can look up the truth about it.

    Attributes:
        birth: tick at which the remembered thing was seen.
        stream: stream that saw it.
        same: whether the agent took it for the thing it sees now.
        weight: share in the loss, 0 where there was nothing to compare.
    """

    birth: Int[Tensor, "pairs streams"]
    stream: Int[Tensor, "pairs streams"]
    same: Bool[Tensor, "pairs streams"]
    weight: Float[Tensor, "pairs streams"]


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent tells instruments about a tick; it stays on the device, and nothing in it is written afterwards.

    Attributes:
        metrics: one row per layer, one column per `Agent.quantities`; nan where a quantity was not defined.
        activity: what each layer did with the frame, streams first.
        comparison: what the frame was compared with, if anything.
    """

    metrics: Float[Tensor, "layers quantities"]
    activity: dict[str, Float[Tensor, "streams *activity"]] = field(default_factory=dict)
    comparison: Comparison | None = None


class Agent(ABC):
    """A learner: all that a tick leaves behind lies in its state, plain tensors.

    `check_agent` verifies the whole contract.
    """

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, bottom to top."""

    @property
    @abstractmethod
    def quantities(self) -> tuple[str, ...]:
        """Names of the columns of `Report.metrics`."""

    @abstractmethod
    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        """Return the state before the first tick."""

    @abstractmethod
    def step(self, state: State, glimpse: Glimpse) -> tuple[State, Report]:
        """Learn from one frame and return the state after it. The state passed in is consumed (updated in place)."""

    @abstractmethod
    def features(self, state: State, frames: Float[Tensor, "n *shape"]) -> dict[str, Float[Tensor, "n *activity"]]:
        """Return the activity of every layer for *frames*, without learning and without touching the state."""

    def replay(
        self, state: State, frames: Float[Tensor, "n ticks *shape"]
    ) -> Iterator[dict[str, Float[Tensor, "n *activity"]]]:
        """Yield, tick by tick, the activity of every layer that acts, for fixations that begin with *frames*.

        Nothing is learnt and the state is not touched. An agent that keeps nothing of earlier frames while it looks
        need not define this: each frame then is seen by itself.
        """
        for frame in frames.unbind(1):
            yield self.features(state, frame)

    def describe(self) -> str | None:
        """Return in words what is compared with what while learning, to stand beside every result, or None."""
        return None

    @abstractmethod
    def ledger(self, state: State) -> Ledger:
        """Return how many bytes of *state* serve which role from one tick to the next."""
