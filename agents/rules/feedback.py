"""How the error at a head finds its way back to the layer under it."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters


class Feedback(ABC):
    """How the error at a head finds its way back to the layer under it."""

    own_weights: bool = True
    learns: bool = False

    @abstractmethod
    def weight(self, parameters: Parameters) -> Float[Tensor, "width features"]:
        """Return the matrix through which errors travel back."""


class BackPropagation(Feedback):
    """The head's own weights, transposed (weight transport)."""

    own_weights = False

    def weight(self, parameters: Parameters) -> Float[Tensor, "width features"]:
        """See `Feedback.weight`."""
        return parameters["head"]


class RandomFeedback(Feedback):
    """Fixed random weights (Lillicrap et al. 2016)."""

    def weight(self, parameters: Parameters) -> Float[Tensor, "width features"]:
        """See `Feedback.weight`."""
        return parameters["feedback"]


class UpdatedRandomFeedback(RandomFeedback):
    """Random weights that receive the same updates as the head's (Amit 2019)."""

    learns = True
