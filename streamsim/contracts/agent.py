"""The contract of a learner, with the ledger of what it holds."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .errors import ConfigurationError, MemoryCapError
from .records import Glimpse, Sensor
from .team import Team
from .tree import State

LABELS = "labels"
"""The role in a `Ledger` of what a taught agent keeps of labels, at best nothing."""

LABELS_TOLD = "labels of every frame are told to the learner"
"""What stands beside every result of an agent that is taught."""


@dataclass(frozen=True)
class Ledger:
    """Bytes by role.

    Attributes:
        roles: role (weights, optimiser, anchors, traces, ...) to bytes.
        cap: most bytes that the roles named in `capped` may take together, or None.
        capped: the roles that count as short-term memory.
    """

    roles: dict[str, int]
    cap: int | None = None
    capped: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Bytes of all roles together."""
        return sum(self.roles.values())

    @property
    def short_term(self) -> int:
        """Bytes of short-term memory."""
        return sum(self.roles.get(role, 0) for role in self.capped)

    def enforce(self) -> None:
        """Raise `MemoryCapError` if short-term memory takes more than the cap."""
        if self.cap is not None and self.short_term > self.cap:
            raise MemoryCapError(
                f"short-term memory takes {self.short_term} bytes but its cap is {self.cap}: "
                "raise the cap, use fewer streams, a smaller capacity or fewer lags"
            )


@dataclass(frozen=True, slots=True)
class PairRecord:
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
class StepReport:
    """What an agent tells instruments about a tick; it stays on the device, and nothing in it is written afterwards.

    Attributes:
        metrics: one row per layer, one column per `Agent.quantities`; nan where a quantity was not defined.
        activity: what each layer did with the frame, the streams that were seen first.
        comparison: what the frame was compared with, if anything.
        likeness: when called before the next tick, the mean cosine between what each layer reads out now and the
            memories that it was compared with: of the same thing in the first column, of others in the second, as the
            agent took them; nan where there were none. It costs nothing unless an instrument asks.
    """

    metrics: Float[Tensor, "layers quantities"]
    activity: dict[str, Float[Tensor, " seen *activity"]] = field(default_factory=dict)
    comparison: PairRecord | None = None
    likeness: Callable[[], Float[Tensor, "layers kinds"]] | None = None


class Agent(ABC):
    """A learner: all that a tick leaves behind lies in its state, plain tensors.

    `check_agent` verifies the whole contract.
    """

    looks: int = 0
    """Ticks at the beginning of a life in which it only looks: it may scale what it has to what it sees, as calibration
    does, but learns nothing. Results compare what was learnt with the agent as it is after these."""

    taught: int = 0
    """How many classes a world must have for it to be told the label of every frame (`Glimpse.label`); 0 for an agent
    that is told none, as all are but supervised baselines. Results say of an agent that is taught that it is."""

    @property
    @abstractmethod
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, bottom to top."""

    @property
    @abstractmethod
    def quantities(self) -> tuple[str, ...]:
        """Names of the columns of `StepReport.metrics`."""

    @abstractmethod
    def reset(self, sensor: Sensor, streams: int, seed: int, device: torch.device) -> State:
        """Return the state before the first tick."""

    @abstractmethod
    def step(self, state: State, glimpse: Glimpse) -> tuple[State, StepReport]:
        """Learn from one frame and return the state after it. The state passed in is consumed (updated in place)."""

    @abstractmethod
    def features(self, state: State, frames: Float[Tensor, " n *shape"]) -> dict[str, Float[Tensor, " n *activity"]]:
        """Return the activity of every layer for *frames*, without learning and without touching the state."""

    def replay(
        self, state: State, frames: Float[Tensor, "n ticks *shape"]
    ) -> Iterator[dict[str, Float[Tensor, " n *activity"]]]:
        """Yield, tick by tick, the activity of every layer that acts, for fixations that begin with *frames*.

        Nothing is learnt and the state is not touched. An agent that keeps nothing of earlier frames while it looks
        need not define this: each frame then is seen by itself.
        """
        for frame in frames.unbind(1):
            yield self.features(state, frame)

    def feature_state(self, state: State) -> State:
        """Return what of *state* `features` and `replay` depend on, all of it by default.

        Probes of an agent in which nothing of this has changed since it was drawn are not computed again.
        """
        return state

    def describe(self) -> str | None:
        """Return in words what is compared with what while learning, to stand beside every result, or None."""
        return None

    def advice(self) -> tuple[str, ...]:
        """Return a sentence about each setting with which the agent is known to learn little.

        The command line shows them as a run begins; nothing is refused.
        """
        return ()

    def title(self) -> str:
        """Return in a word or two what to call this learner in results: its class, or the rule that it learns by."""
        return type(self).__name__

    def filters(self, state: State) -> Float[Tensor, "units channels height width"] | None:
        """Return the weights of the first layer as pictures, or None if they are none."""
        return None

    def alignments(self, state: State) -> Mapping[str, float]:
        """Return named angles in degrees, 0 to 180, between weights that theory says should align; none by default."""
        return {}

    def joined(self, team: Team) -> "Agent":
        """Return this agent as a member of *team*, in one of the processes that share the streams.

        A member is given frames of its own streams, and the saccades of all. Its state holds the same in all processes,
        but for what it keeps of its own streams alone, which `whole` puts together and `share` divides. Weights become
        those that one process with all streams would have.

        Raises:
            ConfigurationError: it cannot be divided; so says an agent that does not define this.
        """
        if team.size > 1:
            raise ConfigurationError(
                f"{type(self).__name__} cannot share its streams with other processes: start it without torchrun"
            )
        return self

    def whole(self, state: State) -> State:
        """Return a member's *state* with what all processes keep; every one of them must ask."""
        return state

    def share(self, state: State) -> State:
        """Return what a member keeps of *state*, which `whole` returned."""
        return state

    @abstractmethod
    def ledger(self, state: State) -> Ledger:
        """Return how many bytes of *state* serve which role from one tick to the next."""


def described(agent: Agent) -> str | None:
    """Return what an agent compares with what, and that it is told labels if it is: to stand beside every result."""
    said = (agent.describe(), LABELS_TOLD if agent.taught else None)
    return "; ".join(filter(None, said)) or None


def labels_told(agent: Agent, streams: int) -> int:
    """Return the bytes of labels that an agent is told at every tick, of all *streams*."""
    return streams * torch.int64.itemsize if agent.taught else 0
