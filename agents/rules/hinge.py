"""The contrastive hinge rule (Tang, Yang & Amit 2022)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.contracts import require

from .feedback import BackPropagation, Feedback
from .head import HeadRule, Judged
from .rule import ContrastBatch


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


class ContrastiveHinge(HeadRule):
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
        super().__init__(width, feedback, rate)
        self.near = near
        self.far = far
        self.calibrate = calibrate

    def judge(self, now: Float[Tensor, "layers streams width"], batches: Sequence[ContrastBatch]) -> Judged:
        """See `HeadRule.judge`."""
        past = torch.stack([batch.past for batch in batches])
        pairs = contrast(now[:, None, None], past, batches[0].sign, batches[0].weight, self.near, self.far)
        return Judged(pairs.delta.flatten(1, 2).sum(1), pairs.loss, pairs.active, pairs.distance)

    def calibrated(self, parameters: Parameters, mean_score: Float[Tensor, ""]) -> Float[Tensor, ""] | None:
        """Return the factor that gives unrelated views their mean distance; 1 while none were seen."""
        if self.calibrate is None:
            return None
        return torch.where(mean_score > 0, self.calibrate / mean_score, 1.0)
