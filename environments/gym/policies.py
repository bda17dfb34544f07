"""Who acts in an environment of Gymnasium while an agent looks on."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import gymnasium


Act: TypeAlias = Callable[[Any], Any]
"""Returns an action for an observation."""


class Policy(ABC):
    """Chooses actions, episode by episode."""

    @abstractmethod
    def episode(self, actions: "gymnasium.Space[Any]", seed: int) -> Act:
        """Return how to act in one episode.

        What the function returns must depend on *seed* and on the observations of this episode alone, the first one
        included: a run that is resumed plays the episode again from its beginning.
        """


class RandomPolicy(Policy):
    """Draws every action from the whole space of actions, uniformly where it is bounded."""

    def episode(self, actions: "gymnasium.Space[Any]", seed: int) -> Act:
        """See `Policy.episode`."""
        # a copy: seeding must not reach the generator that the environment may use itself
        space = copy.deepcopy(actions)
        space.seed(seed)
        return lambda observation: space.sample()
