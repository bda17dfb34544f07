"""Rules that look at each layer through a linear head: what they share."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters, uniform
from streamsim.contracts import require

from .feedback import Feedback
from .rule import ContrastBatch, JointRule, Outer, RuleFactors, angle


class Judged(NamedTuple):
    """What a rule makes of the read-outs of some layers.

    Attributes:
        error: dLoss/dx of each present read-out x, over all its pairs and weighted.
        loss: unweighted loss of each pair.
        active: 1 for pairs that have a part in it, else 0.
        score: what it follows from.
    """

    error: Float[Tensor, "layers streams width"]
    loss: Float[Tensor, "layers groups predictors streams"]
    active: Float[Tensor, "layers groups predictors streams"]
    score: Float[Tensor, "layers groups predictors streams"]


class HeadRule(JointRule):
    """A linear head reads each layer, x = V z, and a loss of x is credited to the layer through B.

    dV = -eta delta z^T, dW = -eta (B^T delta) rho'(a) x_below, delta being dLoss/dx of the present and B the head V,
    fixed, or updated random feedback. What it compares x with is never credited.

    Args:
        width: numbers of a read-out.
        feedback: how the error reaches the layer.
        rate: factor on the learning rate of the heads; 0 keeps them as they were drawn.
    """

    def __init__(self, width: int, feedback: Feedback, rate: float) -> None:
        require(rate >= 0, f"{type(self).__name__}.rate must not be negative (got {rate})")
        self._width = width
        self.feedback = feedback
        if self.feedback.own_weights:
            self.non_gradients = frozenset({"delta", "feedback"})
        self.rate = rate

    @abstractmethod
    def judge(self, now: Float[Tensor, "layers streams width"], batches: Sequence[ContrastBatch]) -> Judged:
        """Return what is made of the present read-outs of some layers, whose pairs have the same sign and weight."""

    def parameters(
        self,
        shape: tuple[int, ...],
        predictors: int,
        generator: torch.Generator,
        target: tuple[int, ...] | None = None,
    ) -> Parameters:
        """See `Rule.parameters`."""
        features = math.prod(shape)
        names = ["head", "feedback"] if self.feedback.own_weights else ["head"]
        return {name: uniform((self._width, features), 1.0, features, generator) for name in names}

    def width(self, shape: tuple[int, ...]) -> int:
        """See `Rule.width`."""
        return self._width

    def read(self, parameters: Parameters, z: Float[Tensor, " streams *out"]) -> Float[Tensor, "streams width"]:
        """Return what the head reads."""
        head = parameters["head"]
        return (flat(z) @ head.to(z.dtype).T).to(head.dtype)

    def side_by_side(self, parameters: Sequence[Parameters], batches: Sequence[ContrastBatch]) -> list[RuleFactors]:
        """See `JointRule.side_by_side`; read-outs of all layers are equally wide."""
        found = self.judge(torch.stack([batch.now for batch in batches]), batches)
        layers = zip(parameters, batches, *found, strict=True)
        return [self._factors(*layer) for layer in layers]

    def _factors(
        self,
        parameters: Parameters,
        batch: ContrastBatch,
        error: Float[Tensor, "streams width"],
        *pairs: Float[Tensor, "groups predictors streams"],
    ) -> RuleFactors:
        """Return what a layer learns from the *error* of its read-out, beside loss, activity and score of pairs."""
        delta = unflat(error @ self.feedback.weight(parameters), batch.z)
        head = Outer(error, flat(batch.z).to(error.dtype))
        products = {"head": head} | ({"feedback": head} if self.feedback.learns else {})
        return RuleFactors(delta, None, products, *pairs)

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """See `Rule.trainable`."""
        return frozenset({"head", "feedback"} if self.feedback.learns else {"head"})

    def scaled(self, parameters: Parameters, factor: Float[Tensor, ""]) -> Parameters:
        """See `Rule.scaled`."""
        return {name: weight * factor for name, weight in parameters.items()}

    def alignments(self, parameters: Parameters) -> Mapping[str, float]:
        """Return the angle between the head and its feedback."""
        if "feedback" not in parameters:
            return {}
        return {"head, feedback": angle(parameters["head"], parameters["feedback"])}


def flat(z: Float[Tensor, " streams *out"]) -> Float[Tensor, "streams features"]:
    """Return the features of *z*, position by position, the channels of a position side by side.

    That is how maps lie in memory here (see `Conv`), so that nothing is copied.
    """
    return z.permute(0, 2, 3, 1).flatten(1) if z.ndim == 4 else z.flatten(1)


def unflat(
    features: Float[Tensor, "streams features"], z: Float[Tensor, " streams *out"]
) -> Float[Tensor, " streams *out"]:
    """Return the inverse of `flat` for outputs of the shape of *z*."""
    if z.ndim != 4:
        return features.view_as(z)
    streams, channels, height, width = z.shape
    return features.view(streams, height, width, channels).permute(0, 3, 1, 2)
