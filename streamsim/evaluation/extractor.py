"""What turns frames into features: an agent that does not learn meanwhile, or functions that never did."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.contracts import Agent, Baseline, DataError, State, StreamsimError, leaves

VAST = 1e30
"""Activity is smaller, or its spread is no longer a number of 32 bits."""


class Extractor(ABC):
    """Turns frames into activity by name."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of what there is to read, in the order of tables."""

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where frames must lie."""

    @abstractmethod
    def apart(self, frames: Float[Tensor, "n parts *shape"]) -> dict[str, Float[Tensor, " frames *activity"]]:
        """Return the activity for frames each by itself, the parts of one example after the other."""

    @abstractmethod
    def follow(self, frames: Float[Tensor, "n ticks *shape"]) -> Iterator[dict[str, Float[Tensor, " n *activity"]]]:
        """Yield tick by tick the activity of all that acts, for recordings seen from their beginning."""


class Layers(Extractor):
    """The layers of an agent, bottom to top; its state is not touched.

    Args:
        agent: whose layers.
        state: its state.
    """

    def __init__(self, agent: Agent, state: State) -> None:
        self.agent = agent
        self.state = state

    @property
    def names(self) -> tuple[str, ...]:
        """See `Extractor.names`."""
        return self.agent.layers

    @property
    def device(self) -> torch.device:
        """See `Extractor.device`."""
        return home(self.state)

    @torch.no_grad()
    def apart(self, frames: Float[Tensor, "n parts *shape"]) -> dict[str, Float[Tensor, " frames *activity"]]:
        """See `Extractor.apart`."""
        return self._ordered(self.agent.features(self.state, frames.flatten(0, 1)), frames)

    @torch.no_grad()
    def follow(self, frames: Float[Tensor, "n ticks *shape"]) -> Iterator[dict[str, Float[Tensor, " n *activity"]]]:
        """See `Extractor.follow`."""
        for found in self.agent.replay(self.state, frames):
            yield self._ordered(found, frames)

    def _ordered(self, found: dict[str, Tensor], frames: Tensor) -> dict[str, Tensor]:
        return finite({layer: found[layer] for layer in self.agent.layers if layer in found}, frames)


class Baselines(Extractor):
    """Features that need no learning.

    Args:
        functions: by name, as `Environment.baselines`.
    """

    def __init__(self, functions: Mapping[str, Baseline]) -> None:
        self.functions = dict(functions)

    @property
    def names(self) -> tuple[str, ...]:
        """See `Extractor.names`."""
        return tuple(self.functions)

    @property
    def device(self) -> torch.device:
        """See `Extractor.device`."""
        return torch.device("cpu")

    @torch.no_grad()
    def apart(self, frames: Float[Tensor, "n parts *shape"]) -> dict[str, Float[Tensor, " frames *activity"]]:
        """See `Extractor.apart`."""
        return {name: function(frames).flatten(0, 1) for name, function in self.functions.items()}

    @torch.no_grad()
    def follow(self, frames: Float[Tensor, "n ticks *shape"]) -> Iterator[dict[str, Float[Tensor, " n *activity"]]]:
        """See `Extractor.follow`."""
        found = {name: function(frames) for name, function in self.functions.items()}
        for tick in range(frames.shape[1]):
            yield {name: features[:, tick] for name, features in found.items()}


def finite(found: dict[str, Tensor], frames: Tensor) -> dict[str, Tensor]:
    """Return the activity that was *found* for *frames*.

    Raises:
        DataError: the frames hold nan or infinities.
        StreamsimError: only the activity does, or what becomes infinite once it is squared, of which nobody can learn.
    """
    for name, activity in found.items():
        if bool((~(activity.abs() < VAST)).any()):  # nan is not less than anything
            if bool((~frames.isfinite()).any()):
                raise DataError(
                    "labelled frames hold nan or infinite values: check the recordings with `streamsim check`"
                )
            raise StreamsimError(
                f"{name} answers labelled frames with nan or values of {VAST:g} and more, of which nothing can be "
                "read: learning diverged, try a smaller learning rate"
            )
    return found


def home(state: State) -> torch.device:
    """Return the device on which an agent's state lies; random generators always lie on the CPU."""
    devices = {tensor.device for _, tensor in leaves(state)}
    return next((device for device in devices if device.type != "cpu"), torch.device("cpu"))
