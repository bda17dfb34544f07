"""The contract of an optimiser: from gradients to weights."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor

from streamsim.contracts import State, require


class Optimiser(ABC):
    """Changes weights in place.

    Args:
        learning_rate: step size, 0 or more; at 0 nothing is learnt, the control of all that is.
        every: ticks whose gradients are averaged into one update; 1 updates at every tick.
    """

    knobs = frozenset({"learning_rate"})

    def __init__(self, learning_rate: float, every: int = 1) -> None:
        name, usable = type(self).__name__, 0 <= learning_rate < math.inf
        require(usable, f"{name}.learning_rate must be 0 or more (got {learning_rate}), and finite")
        require(every >= 1, f"{name}.every must be at least 1 tick (got {every})")
        self.learning_rate, self.every = learning_rate, every

    @abstractmethod
    def reset(self, parameter: Tensor) -> State:
        """Return what is kept for one weight tensor."""

    @abstractmethod
    def step(self, weights: Sequence[Tensor], gradients: Sequence[Tensor], kept: Sequence[State], rate: float) -> None:
        """Change *weights* and *kept* in place; *rate* is a factor on the learning rate."""
