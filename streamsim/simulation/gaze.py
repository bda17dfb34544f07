"""When to saccade: one decision per stream and tick, for every world alike."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import State, generator_from, generator_state, require


class Gaze(ABC):
    """Decides before every frame which streams turn to another thing.

    A world may force a saccade (a clip ends); the gaze is told through *forced* and starts a new fixation there.
    """

    @abstractmethod
    def reset(self, streams: int, seed: int) -> State:
        """Return the state before the first tick."""

    @abstractmethod
    def decide(
        self, state: State, tick: int, forced: Bool[Tensor, " streams"]
    ) -> tuple[State, Bool[Tensor, " streams"]]:
        """Return the state after the decision and the streams that saccade now, a superset of *forced*, on the CPU."""


class BernoulliSaccades(Gaze):
    """A saccade with the same probability at every tick (Illing et al. 2021: 0.5 an image).

    Args:
        saccade_probability: chance of a saccade per stream and tick, 0 to 1.
    """

    knobs = frozenset({"saccade_probability"})

    def __init__(self, saccade_probability: float = 0.2) -> None:
        require(
            0 <= saccade_probability <= 1,
            f"BernoulliSaccades.saccade_probability must lie between 0 and 1 (got {saccade_probability})",
        )
        self.saccade_probability = saccade_probability

    def reset(self, streams: int, seed: int) -> State:
        """See `Gaze.reset`."""
        return {"generator": generator_state(seed)}

    def decide(
        self, state: State, tick: int, forced: Bool[Tensor, " streams"]
    ) -> tuple[State, Bool[Tensor, " streams"]]:
        """See `Gaze.decide`."""
        generator = generator_from(state["generator"])
        saccade = torch.rand(forced.shape, generator=generator) < self.saccade_probability
        return {"generator": generator.get_state()}, saccade | forced


class FixedFixation(Gaze):
    """Fixations that all last the same number of ticks.

    Args:
        length: ticks from one saccade to the next, at least 1.
        staggered: whether streams start at random phases, so that they do not all saccade at once.
    """

    knobs = frozenset({"length"})

    def __init__(self, length: int = 5, staggered: bool = True) -> None:
        require(length >= 1, f"FixedFixation.length must be at least 1 tick (got {length})")
        self.length = length
        self.staggered = staggered

    def reset(self, streams: int, seed: int) -> State:
        """See `Gaze.reset`."""
        generator = torch.Generator().manual_seed(seed)
        phases = torch.randint(self.length, (streams,), generator=generator)
        return {"remaining": phases + 1 if self.staggered else torch.full((streams,), self.length)}

    def decide(
        self, state: State, tick: int, forced: Bool[Tensor, " streams"]
    ) -> tuple[State, Bool[Tensor, " streams"]]:
        """See `Gaze.decide`."""
        remaining = state["remaining"] - 1
        saccade = (remaining <= 0) | forced
        # the very first look opens the (possibly shortened) first fixation and must not restart it
        restarted = torch.where(saccade, self.length, remaining)
        return {"remaining": state["remaining"] if tick == 0 else restarted}, saccade


class RandomFixation(Gaze):
    """Fixations whose lengths are drawn from a distribution.

    Args:
        weights: relative frequency of fixations of 1, 2, 3, ... ticks; at least one positive.
    """

    knobs = frozenset({"weights"})

    def __init__(self, weights: Sequence[float] = (0, 1, 2, 3, 2, 1)) -> None:
        require(
            min(weights, default=-1) >= 0 and sum(weights) > 0,
            f"RandomFixation.weights must be non-negative with a positive sum (got {list(weights)})",
        )
        self.weights = tuple(weights)
        self._frequencies = torch.tensor(weights, dtype=torch.float64)

    def reset(self, streams: int, seed: int) -> State:
        """See `Gaze.reset`."""
        generator = torch.Generator().manual_seed(seed)
        remaining = self._draw(streams, generator)
        return {"remaining": remaining, "generator": generator.get_state()}

    def decide(
        self, state: State, tick: int, forced: Bool[Tensor, " streams"]
    ) -> tuple[State, Bool[Tensor, " streams"]]:
        """See `Gaze.decide`."""
        if tick == 0:
            return state, forced
        generator = generator_from(state["generator"])
        remaining = state["remaining"] - 1
        saccade = (remaining <= 0) | forced
        remaining = torch.where(saccade, self._draw(len(forced), generator), remaining)
        return {"remaining": remaining, "generator": generator.get_state()}, saccade

    def _draw(self, streams: int, generator: torch.Generator) -> Tensor:
        return torch.multinomial(self._frequencies, streams, replacement=True, generator=generator) + 1


class ScriptedSaccades(Gaze):
    """Saccades at given ticks, in every stream.

    Args:
        ticks: the ticks before whose frame the gaze moves.
        period: the script repeats after so many ticks; None for never.
    """

    def __init__(self, ticks: Sequence[int], period: int | None = None) -> None:
        require(all(t >= 0 for t in ticks), f"ScriptedSaccades.ticks must not be negative (got {list(ticks)})")
        require(period is None or period >= 1, f"ScriptedSaccades.period must be at least 1 tick (got {period})")
        self.ticks = tuple(ticks)
        self._script = frozenset(ticks)
        self.period = period

    def reset(self, streams: int, seed: int) -> State:
        """See `Gaze.reset`."""
        return {}

    def decide(
        self, state: State, tick: int, forced: Bool[Tensor, " streams"]
    ) -> tuple[State, Bool[Tensor, " streams"]]:
        """See `Gaze.decide`."""
        now = (tick if self.period is None else tick % self.period) in self._script
        return state, forced | now
