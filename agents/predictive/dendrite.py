"""What the dendrites of predicted units make of a prediction, and of a retrodiction (Illing et al. 2021)."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.agents.rules import Outer

# Pairs of a predictor lie in groups of one pair a stream. The present is the same for all predictors and in all groups,
# and then lies there once, so that nothing is computed twice. Several layers of one size may lie before the predictors.
Pairs = Float[Tensor, "predictors groups streams"]

Scores = Float[Tensor, " *layers predictors groups streams"]

Vectors = Float[Tensor, " *layers #predictors #groups streams width"]

Targets = Float[Tensor, " *layers #predictors #groups streams target"]

Matrices = Float[Tensor, "predictors target width"]


class Scoring(NamedTuple):
    """How a prediction becomes a score: u = scale target . W source - threshold; as published 1 and 0."""

    scale: float = 1.0
    threshold: float = 0.0


class Surprise(NamedTuple):
    """How wrong predictions were.

    Attributes:
        loss: max(0, 1 - y u), equation 5.
        gate: gamma = y where y u < 1, else 0: the saccade bit times the layer-wide surprise bit.
    """

    loss: Scores
    gate: Scores


def predict(
    source: Float[Tensor, " layers #predictors groups streams width"],
    weights: Sequence[Matrices],
    scoring: Scoring = Scoring(),
) -> Float[Tensor, "layers predictors groups streams target"]:
    """Return what predictions from *source* bring to each predicted unit's dendrite, scale W source, in some layers.

    With source c_{t-d} and W_pred this is prediction; with source z_t and W_retro it is retrodiction (equations 16 to
    18).
    """
    predictors, units, _ = weights[0].shape
    nothing, rows = source.new_empty(()), source.flatten(2, 3).expand(-1, predictors, -1, -1)
    made = source.new_empty(*rows.shape[:3], units)
    for own, weight, out in zip(rows, weights, made, strict=True):
        torch.baddbmm(nothing, own, weight.transpose(1, 2), beta=0, alpha=scoring.scale, out=out)
    return made.view(*rows.shape[:2], *source.shape[2:4], units)


def score(target: Targets, prediction: Targets, scoring: Scoring = Scoring()) -> Scores:
    """Return how well a *prediction* fits its *target*: u = target . prediction - threshold."""
    product = (target * prediction).sum(-1)
    return product - scoring.threshold if scoring.threshold else product


def judge(score: Scores, sign: Pairs) -> Surprise:
    """Return how wrong predictions of this *score* were (equation 5)."""
    margin = sign * score
    return Surprise((1 - margin).clamp_min(0), opened(margin, sign))


def gate(score: Scores, sign: Pairs) -> Scores:
    """Return the gate of predictions of this *score*, as `judge` does."""
    return opened(sign * score, sign)


def opened(margin: Scores, sign: Pairs) -> Scores:
    """Return the gate of pairs with a *margin* y u."""
    return torch.where(margin < 1, sign, 0)


def credit(prediction: Targets, slope: Scores) -> Targets:
    """Return dLoss/d(target) = dLoss/du scale W source: the postsynaptic factor of equations 8 and 9 without rho'."""
    return slope[..., None] * prediction


def outer(target: Targets, source: Vectors, slope: Scores) -> Outer:
    """Return the factors of dLoss/dW = dLoss/du target source^T, pair by pair (equation 10)."""
    if target.shape[-3] == 1:
        source = (slope[..., None] * source).sum(-3, keepdim=True)
    else:
        target = slope[..., None] * target
        target, source = (target.sum(-3, keepdim=True), source) if source.shape[-3] == 1 else (target, source)
    return Outer(target.flatten(-3, -2), source.flatten(-3, -2))


class Retrodiction(ABC):
    """How remembered activity is credited: whence comes W_retro, and which gate it has.

    Attributes:
        own_weights: whether W_retro is a weight of its own.
        own_gate: whether retrodictions are judged by their own score, and not by that of the prediction.
    """

    own_weights: bool = True
    own_gate: bool = False

    @abstractmethod
    def weight(self, parameters: Parameters) -> Float[Tensor, "predictors width target"]:
        """Return W_retro, through which z arrives at the dendrites of c."""


class SharedGate(Retrodiction):
    """W_retro is independent of W_pred and obeys the gate of the prediction: the final rule, equation 19."""

    def weight(self, parameters: Parameters) -> Float[Tensor, "predictors width target"]:
        """See `Retrodiction.weight`."""
        return parameters["retro"]


class SplitGates(Retrodiction):
    """W_retro is independent of W_pred and has a gate of its own: equations 16 to 18."""

    own_gate = True

    def weight(self, parameters: Parameters) -> Float[Tensor, "predictors width target"]:
        """See `Retrodiction.weight`."""
        return parameters["retro"]


class Transposed(Retrodiction):
    """W_retro is W_pred transposed: equations 8 to 10 with weight transport, the gradient of one loss."""

    own_weights = False

    def weight(self, parameters: Parameters) -> Float[Tensor, "predictors width target"]:
        """See `Retrodiction.weight`."""
        return parameters["pred"].transpose(1, 2)
