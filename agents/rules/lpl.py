"""Latent predictive learning (Halvagal & Zenke 2023): without negatives."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.contracts import require

from .rule import ContrastBatch, Rule, RuleFactors


class Terms(NamedTuple):
    """A number of each unit for each term of the rule: what it asks of the unit, before weights.

    Attributes:
        predictive: z - c.
        variance: (z - m) / (s^2 + epsilon).
        decorrelation: sum over other units k of (z_k - m_k) C_ik.
    """

    predictive: Float[Tensor, "*pairs width"]
    variance: Float[Tensor, "streams width"]
    decorrelation: Float[Tensor, "streams width"]


class LPL(Rule):
    """Units predict their own present from their own past, keep varying, and let others do something else.

    With z a layer's activity averaged over space, c the remembered one, M units, and m, C the running mean and
    covariance of z over all streams (s_i^2 = C_ii), the corrected rule is, with gradient descent,

        dLoss/dz_i = 1/M ( (z_i - c_i) - l1 (z_i - m_i) / (s_i^2 + epsilon)
                           + l2 2/(M - 1) sum over k != i of (z_k - m_k) C_ik )

    The first term is there within a fixation (y = +1) and not after a saccade (y = -1); the others are always. It is
    the gradient of

        loss = 1/M ( |z - c|^2 / 2 - l1 sum (z_i - m_i)^2 / (2 (s_i^2 + epsilon))
                     + l2 1/(M - 1) sum over i and k != i of (z_i - m_i) (z_k - m_k) C_ik )

    with c, m, s^2 and C held constant. That loss falls below 0, as z varies; how well the past predicts the present is
    the score, |z - c|^2 / M. The factors are those of the authors' code, whose losses are the mean squared error, the
    negative logarithm of the variance, and the mean square of what is off the diagonal of the covariance, of a batch;
    here running averages are in the place of the batch, so that one stream can learn. The authors' code credits both
    views, this the present only.

    Unit i needs its own activity, past, mean and variance; the last term needs a lateral weight C_ik from every other
    unit, which is Hebbian. The paper's contrast is `OwnMemory` at lag 1, whose pairs all weigh the same; other
    streams' memories would only add weight to the other terms. Its weight decay is left out: no optimiser here has any.

    Args:
        variance: l1, the weight of the variance term.
        decorrelation: l2, the weight of the decorrelation term.
        ticks: time constant of the running mean and covariance, at least 1.
        epsilon: least variance, in squared units of activity, greater than 0.
    """

    knobs = frozenset({"variance", "decorrelation"})
    statistics = frozenset({"mass", "mean", "covariance"})

    def __init__(
        self, variance: float = 1.0, decorrelation: float = 10.0, ticks: float = 100.0, epsilon: float = 1e-4
    ) -> None:
        for name, value in (("variance", variance), ("decorrelation", decorrelation)):
            require(0 <= value < math.inf, f"LPL.{name} must be 0 or more (got {value}), and finite")
        require(1 <= ticks < math.inf, f"LPL.ticks must be at least 1 (got {ticks}), and finite")
        require(0 < epsilon < math.inf, f"LPL.epsilon must be greater than 0 (got {epsilon}), and finite")
        self.variance = variance
        self.decorrelation = decorrelation
        self.ticks = ticks
        self.epsilon = epsilon

    def parameters(
        self,
        shape: tuple[int, ...],
        predictors: int,
        generator: torch.Generator,
        target: tuple[int, ...] | None = None,
    ) -> Parameters:
        """Return statistics of nothing yet; mass is the number of ticks that they effectively average over."""
        width = self.width(shape)
        return {"mass": torch.zeros(()), "mean": torch.zeros(width), "covariance": torch.zeros(width, width)}

    def width(self, shape: tuple[int, ...]) -> int:
        """See `Rule.width`."""
        return shape[0]

    def read(self, parameters: Parameters, z: Float[Tensor, " streams *out"]) -> Float[Tensor, "streams width"]:
        """Return activity averaged over positions."""
        mean = z.flatten(2).mean(-1) if z.ndim > 2 else z
        return mean.to(parameters["mean"].dtype)

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """Return nothing: the rule has no weights."""
        return frozenset()

    def update_statistics(self, parameters: Parameters, now: Float[Tensor, "streams width"]) -> Parameters:
        """See `Rule.update_statistics`."""
        mass = parameters["mass"] * (1 - 1 / self.ticks) + 1
        mean = torch.addcdiv(parameters["mean"], now.mean(0) - parameters["mean"], mass)
        apart = now - mean
        covariance = parameters["covariance"]
        covariance = torch.addcdiv(covariance, apart.T @ apart / len(now) - covariance, mass)
        return {"mass": mass, "mean": mean, "covariance": covariance}

    def learn(self, parameters: Parameters, batch: ContrastBatch) -> RuleFactors:
        """See `Rule.learn`."""
        terms, apart = self.terms(parameters, batch)
        units, same = batch.now.shape[1], (batch.sign > 0).to(batch.now.dtype)
        own = self.decorrelation * 2 / max(1, units - 1) * terms.decorrelation - self.variance * terms.variance
        predictive = ((batch.weight * same)[..., None] * terms.predictive).sum((0, 1))
        error = (predictive + batch.weight.sum((0, 1))[:, None] * own) / units
        square = terms.predictive.square().mean(-1)
        loss = (same * square + (own * apart).mean(-1)) / 2
        active = torch.ones_like(loss)
        return RuleFactors(spread(error, batch.z), None, {}, loss, active, square)

    def terms(self, parameters: Parameters, batch: ContrastBatch) -> tuple[Terms, Float[Tensor, "streams width"]]:
        """Return the terms of a layer, and how far its units are from their means."""
        covariance, apart = parameters["covariance"], batch.now - parameters["mean"]
        own = covariance.diagonal()
        variance = apart / (own + self.epsilon)
        return Terms(batch.now - batch.past, variance, apart @ covariance - apart * own), apart


def spread(error: Float[Tensor, "streams width"], z: Float[Tensor, " streams *out"]) -> Float[Tensor, " streams *_"]:
    """Return dLoss/dz, where it broadcasts to all positions: every one has an equal share of their mean."""
    return (error / math.prod(z.shape[2:])).view(*error.shape, *[1] * (z.ndim - 2))
