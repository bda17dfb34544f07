"""The contrastive hinge rule (Tang, Yang & Amit 2022)."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters, uniform
from streamsim.contracts import require

from .feedback import BackPropagation, Feedback
from .rule import ContrastBatch, JointRule, Outer, RuleFactors, angle


class Contrasted(NamedTuple):
    """Pairs of embeddings, compared.

    Attributes:
        distance: |x_now - x_past|_1.
        loss: [distance - m1]_+ for views of one thing, [m2 - distance]_+ for views of two.
        active: 1 where the loss is positive, else 0.
        delta: dLoss/dx_now of every pair, weighted; dLoss/dx_past is its negative (left out: the gradient block).
    """

    distance: Float[Tensor, "*pairs"]
    loss: Float[Tensor, "*pairs"]
    active: Float[Tensor, "*pairs"]
    delta: Float[Tensor, "*pairs width"]


def contrast(
    now: Float[Tensor, "*#pairs width"],
    past: Float[Tensor, "*pairs width"],
    sign: Float[Tensor, "*#pairs"],
    weight: Float[Tensor, "*#pairs"],
    near: float,
    far: float,
) -> Contrasted:
    """Return the contrastive hinge of pairs of embeddings.

    delta = +1[d > m1] sgn(x_now - x_past) for the same thing (*sign* +1), -1[d < m2] sgn(x_now - x_past) for another.

    Args:
        now: embedding of the view seen now, x^B or x^s.
        past: remembered embedding of the anchor, x^A.
        sign: y, +1 or -1.
        weight: share of each pair in the loss.
        near: m1, the distance up to which views of one thing are near enough.
        far: m2, the distance from which views of two things are far enough.
    """
    difference = now - past
    distance = difference.abs().sum(-1)
    loss = torch.where(sign > 0, distance - near, far - distance).clamp_min(0)
    active = (loss > 0).to(distance.dtype)
    return Contrasted(distance, loss, active, (active * sign * weight)[..., None] * difference.sign())


class ContrastiveHinge(JointRule):
    """Views of one thing within a distance of m1 of each other, views of two things at least m2 apart.

    Each layer has a linear head; x = V z is its embedding. With x^A the remembered embedding and x the present one:
    loss = [|x^A - x|_1 - m1]_+ during a fixation, [m2 - |x^A - x|_1]_+ after a saccade; the gradient goes into the
    present view only (gradient block), so that an update needs present activity and one remembered vector:
    dV = -eta delta z^T, dW = -eta (B^T delta) rho'(a) x_below, B being V, fixed, or updated random feedback.

    Args:
        near: m1 (1 for CIFAR and MNIST).
        far: m2 (3 for CIFAR, 1.5 for MNIST).
        width: size of the embedding.
        feedback: how the error reaches the layer; by default back-propagation through the head.
        calibrate: before learning, heads are scaled so that unrelated views have this mean distance; None leaves them
            as they are drawn.
        rate: factor on the learning rate of the heads; 0 keeps them as they were drawn.
    """

    knobs = frozenset({"near", "far"})

    def __init__(
        self,
        near: float = 1.0,
        far: float = 3.0,
        width: int = 64,
        feedback: Feedback = BackPropagation(),
        calibrate: float | None = 2.5,
        rate: float = 1.0,
    ) -> None:
        ordered = 0 <= near <= far < math.inf
        require(ordered, f"ContrastiveHinge needs 0 <= near <= far, both finite (got near {near}, far {far})")
        require(width >= 1, f"ContrastiveHinge.width must be at least 1 (got {width})")
        require(calibrate is None or calibrate > 0, f"ContrastiveHinge.calibrate must be positive (got {calibrate})")
        require(rate >= 0, f"ContrastiveHinge.rate must not be negative (got {rate})")
        self.near = near
        self.far = far
        self._width = width
        self.feedback = feedback
        if self.feedback.own_weights:
            self.non_gradients = frozenset({"delta", "feedback"})
        self.calibrate = calibrate
        self.rate = rate

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
        """Return the head's embedding."""
        head = parameters["head"]
        return (flat(z) @ head.to(z.dtype).T).to(head.dtype)

    def side_by_side(self, parameters: Sequence[Parameters], batches: Sequence[ContrastBatch]) -> list[RuleFactors]:
        """See `JointRule.side_by_side`; embeddings of all layers are equally wide."""
        now = torch.stack([batch.now for batch in batches])[:, None, None]
        past = torch.stack([batch.past for batch in batches])
        found = contrast(now, past, batches[0].sign, batches[0].weight, self.near, self.far)
        errors = found.delta.flatten(1, 2).sum(1)
        layers = zip(parameters, batches, errors, found.loss, found.active, found.distance, strict=True)
        return [self._factors(*layer) for layer in layers]

    def _factors(
        self,
        parameters: Parameters,
        batch: ContrastBatch,
        error: Float[Tensor, "streams width"],
        *pairs: Float[Tensor, "groups predictors streams"],
    ) -> RuleFactors:
        """Return what a layer learns from the *error* of its embedding, beside loss, activity and distance of pairs."""
        delta = unflat(error @ self.feedback.weight(parameters), batch.z)
        head = Outer(error, flat(batch.z).to(error.dtype))
        products = {"head": head} | ({"feedback": head} if self.feedback.learns else {})
        return RuleFactors(delta, None, products, *pairs)

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """See `Rule.trainable`."""
        return frozenset({"head", "feedback"} if self.feedback.learns else {"head"})

    def calibrated(self, parameters: Parameters, mean_score: Float[Tensor, ""]) -> Float[Tensor, ""] | None:
        """Return the factor that gives unrelated views their mean distance; 1 while none were seen."""
        if self.calibrate is None:
            return None
        return torch.where(mean_score > 0, self.calibrate / mean_score, 1.0)

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
