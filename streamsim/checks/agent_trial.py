"""A short life of an agent, to be checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import torch
from torch import Tensor

from streamsim.contracts import Agent, Glimpse, Sensor, State, StepReport

from .environment_trial import CPU

PICTURES = Sensor((1, 16, 16), 0.0, 1.0, Fraction(1, 10))

_KNOWN = 0.8  # share of labels that are known


@dataclass(frozen=True)
class AgentHarness:
    """What every check gets.

    Attributes:
        agent: the agent.
        sensor: the form of its frames.
        ticks: how many ticks to show.
        streams: how many streams to show.

    """

    agent: Agent
    sensor: Sensor
    ticks: int
    streams: int

    def start(self, seed: int = 0) -> State:
        """Return the state before the first tick."""
        return self.agent.reset(self.sensor, self.streams, seed, CPU)

    def glimpses(self, ticks: int | None = None, first: int = 0, labels: int = 0) -> Iterator[Glimpse]:
        """Yield a flickering object per fixation; the first tick is a saccade in every stream, later a quarter are.

        An agent that is taught is told a label of each, one in five unknown, drawn from a seed of *labels*.
        """
        generator, teacher = torch.Generator().manual_seed(0), torch.Generator().manual_seed(labels)
        shown = torch.zeros(self.streams, *self.sensor.shape)
        label = torch.full((self.streams,), -1)
        for tick in range(ticks or self.ticks):
            saccade = torch.rand(self.streams, generator=generator) < (0.25 if tick else 1.0)
            fresh, flicker = (torch.rand(shown.shape, generator=generator) for _ in range(2))
            shown = torch.where(saccade.view(-1, *[1] * len(self.sensor.shape)), fresh, shown)
            if self.agent.taught:
                drawn = torch.randint(self.agent.taught, saccade.shape, generator=teacher)
                known = torch.rand(self.streams, generator=teacher) < _KNOWN
                label = torch.where(saccade, torch.where(known, drawn, -1), label)
            if tick >= first:
                frame = self.sensor.low + (self.sensor.high - self.sensor.low) * (0.8 * shown + 0.2 * flicker)
                told = label if self.agent.taught else None
                yield Glimpse(frame, saccade, tick, float(tick * self.sensor.period), told)

    def live(self, state: State, glimpses: Iterator[Glimpse]) -> Iterator[tuple[State, StepReport]]:
        """Let the agent learn from *glimpses*, tick by tick."""
        for glimpse in glimpses:
            state, report = self.agent.step(state, glimpse)
            yield state, report

    def life(self, seed: int = 0) -> tuple[State, StepReport]:
        """Return the state after all ticks and the last report."""
        *_, last = self.live(self.start(seed), self.glimpses())
        return last

    @cached_property
    def after(self) -> State:
        """The state after all ticks, for checks that only read it."""
        return self.life()[0]

    @cached_property
    def looked(self) -> State:
        """The state when the agent has looked and begins to learn, for checks that only read it."""
        state = self.start()
        for glimpse in self.glimpses(self.agent.looks) if self.agent.looks else ():
            state, _ = self.agent.step(state, glimpse)
        return state

    def frames(self, count: int) -> Tensor:
        """Return frames that the agent has not seen."""
        chances = torch.rand(count, *self.sensor.shape, generator=torch.Generator().manual_seed(1))
        return self.sensor.low + (self.sensor.high - self.sensor.low) * chances
