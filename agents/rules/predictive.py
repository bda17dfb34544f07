"""What predictions of the present from the remembered past are worth, for layers that learn together."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters

from .dendrite import (
    Pairs,
    Retrodiction,
    Scores,
    Scoring,
    Surprise,
    Targets,
    Vectors,
    credit,
    judge,
    outer,
    predict,
    score,
)
from .rule import Outer


class Sides(NamedTuple):
    """The two sides of a layer's pairs, with what leads from one to the other.

    Attributes:
        z: the present.
        c: the remembered.
        parameters: W_pred, and W_retro if there is one.
        scoring: how a prediction of z from c becomes a score.
    """

    z: Targets
    c: Vectors
    parameters: Parameters
    scoring: Scoring


class PredictiveCredit(NamedTuple):
    """What predictions, and perhaps retrodictions, are worth to those who took part in them, layer by layer.

    Attributes:
        score: of the predictions of all layers.
        surprise: at them.
        delta: dLoss/d(z), summed over pairs (equation 8 without rho' and x).
        past_delta: dLoss/d(c) of every pair (equation 9 without rho' and x); empty without retrodiction.
        products: factors of dLoss/dW_pred and dLoss/dW_retro (equation 10).
    """

    score: Scores
    surprise: Surprise
    delta: list[Float[Tensor, "streams target"]]
    past_delta: list[Vectors]
    products: list[dict[str, Outer]]


def predictive_credit(
    layers: Sequence[Sides], sign: Pairs, weight: Pairs, retrodiction: Retrodiction | None
) -> PredictiveCredit:
    """Return the credit of what took part in the pairs of *layers*, which have one *sign* and *weight*."""
    forward = [predict(c, own["pred"], scoring) for _, c, own, scoring in layers]
    scores = torch.stack([score(own.z, made, own.scoring) for own, made in zip(layers, forward, strict=True)])
    surprise = judge(scores, sign)
    slopes = -surprise.gate * weight  # dLoss/du
    delta = [credit(made, slope).sum((0, 1)) for made, slope in zip(forward, slopes, strict=True)]
    products = [{"pred": outer(z, c, scaled(s, scoring))} for (z, c, _, scoring), s in zip(layers, slopes, strict=True)]
    past_delta: list[Vectors] = []
    if retrodiction is not None:
        backward = [retrodiction.retrodict(z, own, scoring) for z, _, own, scoring in layers]
        if retrodiction.own_gate:
            own_scores = [score(own.c, made, own.scoring) for own, made in zip(layers, backward, strict=True)]
            slopes = -judge(torch.stack(own_scores), sign).gate * weight
        past_delta = [credit(made, slope) for made, slope in zip(backward, slopes, strict=True)]
        if retrodiction.own_weights:
            for (z, c, _, scoring), slope, own in zip(layers, slopes, products, strict=True):
                own["retro"] = outer(c, z, scaled(slope, scoring))
    return PredictiveCredit(scores, surprise, delta, past_delta, products)


def scaled(slope: Pairs, scoring: Scoring) -> Pairs:
    """Return dLoss/d(target . W source) from dLoss/du."""
    return slope if scoring.scale == 1 else slope * scoring.scale
