"""What the dendrites of predicted units make of a prediction, and of a retrodiction (Illing et al. 2021)."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters

from .rule import Outer

# Pairs of a predictor lie in groups of one pair a stream. The present is the same in all groups, and then lies in one
# group, so that nothing is computed twice.
Scores = Float[Tensor, "predictors groups streams"]

Vectors = Float[Tensor, " predictors #groups streams width"]

Targets = Float[Tensor, " predictors #groups streams target"]

Matrices = Float[Tensor, "predictors target width"]


class Scoring(NamedTuple):
    """How a prediction becomes a score: u = scale target . W source - threshold; as published 1 and 0."""

    scale: float = 1.0
    threshold: float = 0.0


class Dendrite(NamedTuple):
    """What the dendrites of the predicted units make of a prediction.

    Attributes:
        prediction: scale W source, what arrives at each unit's dendrite.
        score: u = target . prediction - threshold.
        loss: max(0, 1 - y u), equation 5.
        gate: gamma = y where y u < 1, else 0: the saccade bit times the layer-wide surprise bit.
    """

    prediction: Targets
    score: Scores
    loss: Scores
    gate: Scores


def predict(target: Targets, source: Vectors, weight: Matrices, sign: Scores, scoring: Scoring = Scoring()) -> Dendrite:
    """Return the dendritic prediction of *target* from *source* and how wrong it was (equation 5).

    With target z_t, source c_{t-d} and W_pred this is prediction; with target c_{t-d}, source z_t and W_retro it is
    retrodiction (equations 16 to 18).
    """
    prediction = mapped(source, weight.transpose(1, 2), scoring.scale)
    score = (target * prediction).sum(-1) - scoring.threshold
    margin = sign * score
    return Dendrite(prediction, score, (1 - margin).clamp_min(0), torch.where(margin < 1, sign, 0))


def credit(dendrite: Dendrite, slope: Scores) -> Targets:
    """Return dLoss/d(target) = dLoss/du scale W source: the postsynaptic factor of equations 8 and 9 without rho'."""
    return slope[..., None] * dendrite.prediction


def outer(target: Targets, source: Vectors, slope: Scores) -> Outer:
    """Return the factors of dLoss/dW = dLoss/du target source^T, pair by pair (equation 10)."""
    if target.shape[1] == 1:
        source = (slope[..., None] * source).sum(1, keepdim=True)
    else:
        target = slope[..., None] * target
        target, source = (target.sum(1, keepdim=True), source) if source.shape[1] == 1 else (target, source)
    return Outer(target.flatten(1, 2), source.flatten(1, 2))


def mapped(vectors: Vectors, matrices: Float[Tensor, "predictors width other"], scale: float) -> Tensor:
    """Return every predictor's vectors times its matrix times *scale*."""
    nothing = vectors.new_empty(())
    product = torch.baddbmm(nothing, vectors.flatten(1, 2), matrices, beta=0, alpha=scale)
    return product.view(*vectors.shape[:3], matrices.shape[2])


class Retrodiction(ABC):
    """How remembered activity is credited: whence comes W_retro, and which gate it has."""

    own_weights: bool = True

    @abstractmethod
    def judge(
        self, z: Targets, c: Vectors, parameters: Parameters, sign: Scores, forward: Dendrite, scoring: Scoring
    ) -> Dendrite:
        """Return the retrodiction of c from z, its gate chosen; score and loss may be those of the prediction."""


class SharedGate(Retrodiction):
    """W_retro is independent of W_pred and obeys the gate of the prediction: the final rule, equation 19."""

    def judge(
        self, z: Targets, c: Vectors, parameters: Parameters, sign: Scores, forward: Dendrite, scoring: Scoring
    ) -> Dendrite:
        """See `Retrodiction.judge`."""
        return forward._replace(prediction=mapped(z, parameters["retro"].transpose(1, 2), scoring.scale))


class SplitGates(Retrodiction):
    """W_retro is independent of W_pred and has a gate of its own: equations 16 to 18."""

    def judge(
        self, z: Targets, c: Vectors, parameters: Parameters, sign: Scores, forward: Dendrite, scoring: Scoring
    ) -> Dendrite:
        """See `Retrodiction.judge`."""
        return predict(c, z, parameters["retro"], sign, scoring)


class Transposed(Retrodiction):
    """W_retro is W_pred transposed: equations 8 to 10 with weight transport, the gradient of one loss."""

    own_weights = False

    def judge(
        self, z: Targets, c: Vectors, parameters: Parameters, sign: Scores, forward: Dendrite, scoring: Scoring
    ) -> Dendrite:
        """See `Retrodiction.judge`."""
        return forward._replace(prediction=mapped(z, parameters["pred"], scoring.scale))


class PredictiveCredit(NamedTuple):
    """What a prediction, and perhaps a retrodiction, is worth to those who took part in it.

    Attributes:
        forward: the prediction.
        delta: dLoss/d(z), summed over pairs (equation 8 without rho' and x).
        past_delta: dLoss/d(c) of every pair (equation 9 without rho' and x), or None without retrodiction.
        products: factors of dLoss/dW_pred and dLoss/dW_retro (equation 10).
    """

    forward: Dendrite
    delta: Float[Tensor, "streams target"]
    past_delta: Vectors | None
    products: dict[str, Outer]


def predictive_credit(
    z: Targets,
    c: Vectors,
    parameters: Parameters,
    sign: Scores,
    weight: Scores,
    retrodiction: Retrodiction | None,
    scoring: Scoring = Scoring(),
) -> PredictiveCredit:
    """Return the credit of the present *z* and of the remembered *c*, each pair counted by its *weight*."""
    forward = predict(z, c, parameters["pred"], sign, scoring)
    slope = -forward.gate * weight  # dLoss/du
    products = {"pred": outer(z, c, scaled(slope, scoring))}
    past_delta = None
    if retrodiction is not None:
        backward = retrodiction.judge(z, c, parameters, sign, forward, scoring)
        own = slope if backward.gate is forward.gate else -backward.gate * weight
        past_delta = credit(backward, own)
        if retrodiction.own_weights:
            products["retro"] = outer(c, z, scaled(own, scoring))
    return PredictiveCredit(forward, credit(forward, slope).sum((0, 1)), past_delta, products)


def scaled(slope: Scores, scoring: Scoring) -> Scores:
    """Return dLoss/d(target . W source) from dLoss/du."""
    return slope if scoring.scale == 1 else slope * scoring.scale
