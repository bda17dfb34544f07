"""One sense of one simulation: a world, a gaze, the efference copy, and the agent that learns from them."""

from __future__ import annotations

from fractions import Fraction

import torch
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import (
    Agent,
    Alone,
    Environment,
    Glimpse,
    GroundTruth,
    Scene,
    State,
    StepReport,
    Team,
    derive,
    require,
)

from .efference import EfferenceCopy
from .gaze import BernoulliSaccades, Gaze
from .intervention import silence
from .order import FrameOrder, InOrder, Seen


class Pathway:
    """A world, a gaze, an efference copy and an agent that share a tick.

    Args:
        environment: the world to look at.
        agent: who learns.
        gaze: when to saccade.
        efference: how the agent is told of its saccades.
        name: names the pathway where a simulation has several.
        order: in which order the agent gets what the gaze brings.
    """

    def __init__(
        self,
        environment: Environment,
        agent: Agent,
        gaze: Gaze | None = None,
        efference: EfferenceCopy | None = None,
        name: str = "eye",
        order: FrameOrder | None = None,
    ) -> None:
        require("." not in name and bool(name), f"Pathway.name must be a word without dots (got {name!r})")
        self.environment = environment
        self.agent = agent
        self.gaze = gaze or BernoulliSaccades()
        self.efference = efference or EfferenceCopy()
        self.name = name
        self.order = order or InOrder()
        self.lesions: frozenset[str] = frozenset()  # weights of the agent that are kept at 0
        self.team: Team = Alone()

    def join(self, team: Team) -> None:
        """Let the agent learn as a member of *team*.

        Raises:
            ConfigurationError: it cannot.
        """
        self.team, self.agent = team, self.agent.joined(team)

    @property
    def period(self) -> Fraction:
        """Seconds from one tick to the next."""
        return self.environment.sensor.period

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """Return the state before the first tick; every part draws from a seed of its own."""
        parts = ("world", "gaze", "order", "efference")
        world, gaze, order, copy = (derive(seed, self.name, part) for part in parts)
        return {
            "environment": self.environment.reset(streams, world, device),
            "gaze": self.gaze.reset(streams, gaze),
            "order": self.order.reset(self.environment.sensor, streams, order, device),
            "efference": self.efference.reset(streams, copy),
            "agent": self.newborn(streams, seed, device),
            "forced": torch.ones(streams, dtype=torch.bool),
            "tick": torch.zeros((), dtype=torch.int64),
        }

    def begun(self, part: str, streams: int, seed: int, device: torch.device) -> State:
        """Return the state of the gaze, the efference copy or the agent alone before the first tick."""
        if part == "agent":
            return self.newborn(streams, seed, device)
        own = derive(seed, self.name, part)
        return self.gaze.reset(streams, own) if part == "gaze" else self.efference.reset(streams, own)

    def newborn(self, streams: int, seed: int, device: torch.device) -> State:
        """Return the state of the agent before the first tick.

        Raises:
            ConfigurationError: it learns from labels that the world does not have.
        """
        require_labels(self.environment, self.agent)
        return self.agent.reset(self.environment.sensor, streams, derive(seed, self.name, "agent"), device)

    def tick(self, state: State, tick: int, device: torch.device) -> tuple[State, Glimpse, GroundTruth, StepReport]:
        """Return the state after one tick and the records of it. The state passed in is consumed."""
        gaze, world, forced = state["gaze"], state["environment"], state["forced"]
        looks = []
        for look in range(tick + self.order.ahead if tick else 0, tick + self.order.ahead + 1):
            gaze, saccade = self.gaze.decide(gaze, look, forced)
            world, scene = self._look(world, saccade)
            looks.append(Seen(scene, saccade))
            forced = scene.ends
        # a restored state has no empty branches
        order, (scene, saccade) = self.order.arrange(state.get("order", {}), looks)
        efference, received = self.efference.relay(state["efference"], saccade)
        period = self.period
        # a quotient of integers is rounded once, and is much quicker than a fraction
        seconds = tick * period.numerator / period.denominator
        frame = scene.frame if self._glances else self.team.own(scene.frame)
        label = scene.label.to(device, non_blocking=True) if self.agent.taught else None
        glimpse = Glimpse(frame, received.to(device, non_blocking=True), tick, seconds, label)
        agent, report = self._learn(state["agent"], glimpse)
        after: State = {
            "environment": world,
            "gaze": gaze,
            "order": order,
            "efference": efference,
            "agent": agent,
            "forced": forced,
            "tick": state["tick"] + 1,
        }
        return after, glimpse, GroundTruth(saccade, scene.object_id, scene.label), report

    @property
    def _glances(self) -> bool:
        """Whether only the team's own frames are asked for; frames that are held back must be those of all streams."""
        return self.team.size > 1 and isinstance(self.order, InOrder)

    def _look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        if self._glances:
            return self.environment.glance(state, saccade, self.team.share(len(saccade)))
        return self.environment.look(state, saccade)

    def _learn(self, state: State, glimpse: Glimpse) -> tuple[State, StepReport]:
        """Let the agent learn, called from where there is no ground truth.

        Nobody comes by it who only looks at the variables of his caller. Whoever goes further up finds it: Python
        cannot hide it.
        """
        after, report = self.agent.step(state, glimpse)
        silence(after, self.lesions)
        return after, report


def require_labels(environment: Environment, agent: Agent) -> None:
    """Raise `ConfigurationError` if *agent* is taught and *environment* cannot teach it."""
    if not agent.taught:
        return
    world, classes = type(environment).__name__, len(environment.classes)
    require(
        environment.teaches,
        f"{agent.title()} learns from labels, but {world} has none for what it shows: use a world that has, or another "
        "rule",
    )
    require(
        classes == agent.taught,
        f"{agent.title()} is made for {agent.taught} classes, but {world} has {classes}: set its classes to {classes}",
    )
