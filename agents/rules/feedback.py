"""How an error finds its way back: from a head to the layer under it, or from a layer to the one below."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters


class Feedback(ABC):
    """Through which weights an error travels back to the layer below.

    Attributes:
        own_weights: whether these are weights of their own, called "feedback".
        learns: whether they receive the updates of the forward weights.
    """

    own_weights: bool = True
    learns: bool = False

    @abstractmethod
    def weight(self, parameters: Parameters, forward: str = "head") -> Float[Tensor, " units *field"]:
        """Return the weights through which errors travel back, *forward* being the name of those that they came by."""


class BackPropagation(Feedback):
    """The forward weights themselves, transposed (weight transport)."""

    own_weights = False

    def weight(self, parameters: Parameters, forward: str = "head") -> Float[Tensor, " units *field"]:
        """See `Feedback.weight`."""
        return parameters[forward]


class RandomFeedback(Feedback):
    """Fixed random weights (Lillicrap et al. 2016)."""

    def weight(self, parameters: Parameters, forward: str = "head") -> Float[Tensor, " units *field"]:
        """See `Feedback.weight`."""
        return parameters["feedback"]


class UpdatedRandomFeedback(RandomFeedback):
    """Random weights that receive the same updates as the forward ones (Amit 2019)."""

    learns = True
