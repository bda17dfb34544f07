"""Episodes under way: environments that are found again by what they have done, or brought there once more."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from .policies import Act, Policy

if TYPE_CHECKING:
    import gymnasium

Place: TypeAlias = tuple[int, int]
"""The seed of an episode and the number of steps made in it: all that it depends on."""


class Episode:
    """One environment in the middle of an episode.

    Attributes:
        env: the environment.
        observation: what it returned last.
        over: whether the episode has ended.
    """

    def __init__(self, env: "gymnasium.Env[Any, Any]", policy: Policy, seed: int) -> None:
        self.env = env
        self.over = False
        self.observation: Any = env.reset(seed=seed)[0]
        self._act: Act = policy.episode(env.action_space, seed)

    def step(self) -> None:
        """Act once."""
        self.observation, _, terminated, truncated, _ = self.env.step(self._act(self.observation))
        self.over = bool(terminated or truncated)


class Episodes:
    """A cache: an environment cannot be kept as tensors, so one that is not at hand is played from its beginning.

    Args:
        make: makes an environment.
        policy: who acts.
        spare: an environment that is there already.
    """

    def __init__(
        self, make: "Callable[[], gymnasium.Env[Any, Any]]", policy: Policy, spare: "gymnasium.Env[Any, Any]"
    ) -> None:
        self.make = make
        self.policy = policy
        self._spare = [spare]
        self._live: dict[Place, Episode] = {}

    def begin(self, seed: int, before: Place, room: int) -> Episode:
        """Return a new episode, in the environment that was at *before* if it is there still.

        Where none is free one is made, or, if there are *room* of them already, taken from the longest unused episode.
        """
        return Episode(self._environment(before, room), self.policy, seed)

    def at(self, place: Place, room: int) -> Episode:
        """Return the episode at *place*, played again if need be; it is no longer kept."""
        found = self._live.pop(place, None)
        if found is None:
            found = self.begin(place[0], place, room)
            for _ in range(place[1]):
                found.step()
        return found

    def keep(self, place: Place, episode: Episode) -> None:
        """Keep an episode that has come to *place*."""
        if place in self._live:
            self._spare.append(self._live.pop(place).env)
        self._live[place] = episode

    def close(self) -> None:
        """Close every environment."""
        for env in (*self._spare, *(episode.env for episode in self._live.values())):
            env.close()
        self._spare.clear()
        self._live.clear()

    def _environment(self, before: Place, room: int) -> "gymnasium.Env[Any, Any]":
        if before in self._live:
            return self._live.pop(before).env
        if self._spare:
            return self._spare.pop()
        if len(self._live) < room:
            return self.make()
        return self._live.pop(next(iter(self._live))).env
