"""What predictions of the present from the remembered past are worth, for layers that learn together."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters
from streamsim.agents.rules import Outer

from .dendrite import Pairs, Retrodiction, Scores, Scoring, credit, outer, predict, score
from .gates import Gate


class Sides(NamedTuple):
    """The two sides of the pairs of some layers of one size, with what leads from one to the other.

    Attributes:
        z: the present.
        c: the remembered.
        parameters: W_pred, and W_retro if there is one, of each layer.
        scoring: how a prediction of z from c becomes a score.
    """

    z: Float[Tensor, "layers 1 1 streams target"]
    c: Float[Tensor, "layers predictors groups streams width"]
    parameters: Sequence[Parameters]
    scoring: Scoring


class PredictiveCredit(NamedTuple):
    """What predictions, and perhaps retrodictions, are worth to those who took part in them, layer by layer.

    Attributes:
        score: of the predictions of all layers.
        loss: of each pair, without its weight.
        active: 1 where a pair was not predicted well enough, else 0.
        delta: dLoss/d(z), summed over pairs (equation 8 without rho' and x).
        past_delta: dLoss/d(c) of every pair (equation 9 without rho' and x); empty without retrodiction.
        products: factors of dLoss/dW_pred and dLoss/dW_retro (equation 10).
    """

    score: Scores
    loss: Scores
    active: Scores
    delta: list[Float[Tensor, "streams target"]]
    past_delta: list[Float[Tensor, "predictors groups streams width"]]
    products: list[dict[str, Outer]]


def predictive_credit(
    sides: Sequence[Sides], sign: Pairs, weight: Pairs, retrodiction: Retrodiction | None, gate: Gate
) -> PredictiveCredit:
    """Return the credit of what took part in the pairs of some layers, which have one *sign* and *weight*."""
    counts = [len(own.parameters) for own in sides]
    forward = [predict(c, [own["pred"] for own in parameters], scoring) for _, c, parameters, scoring in sides]
    scores = torch.cat([score(own.z, made, own.scoring) for own, made in zip(sides, forward, strict=True)])
    found = gate.judge(scores, sign, weight)
    slopes = torch.split(found.slope, counts)
    delta = [own for made, slope in zip(forward, slopes, strict=True) for own in credit(made, slope).sum((1, 2))]
    products = [{"pred": own} for own in outers([(own.z, own.c, own.scoring) for own in sides], slopes)]
    past_delta: list[Tensor] = []
    if retrodiction is not None:
        backward = [
            predict(z, [retrodiction.weight(own) for own in parameters], scoring) for z, _, parameters, scoring in sides
        ]
        if retrodiction.own_gate:
            own_scores = [score(own.c, made, own.scoring) for own, made in zip(sides, backward, strict=True)]
            slopes = torch.split(gate.slope(torch.cat(own_scores), sign, weight), counts)
        past_delta = [own for made, slope in zip(backward, slopes, strict=True) for own in credit(made, slope)]
        if retrodiction.own_weights:
            backwards = outers([(own.c, own.z, own.scoring) for own in sides], slopes)
            products = [own | {"retro": retro} for own, retro in zip(products, backwards, strict=True)]
    return PredictiveCredit(scores, found.loss, found.active, delta, past_delta, products)


def outers(sides: Sequence[tuple[Tensor, Tensor, Scoring]], slopes: Sequence[Tensor]) -> list[Outer]:
    """Return the factors of dLoss/dW of each layer, from target, source and scoring of layers of one size."""
    made = [outer(z, c, scaled(slope, scoring)) for (z, c, scoring), slope in zip(sides, slopes, strict=True)]
    return [Outer(left, right) for factors in made for left, right in zip(*factors, strict=True)]


def scaled(slope: Scores, scoring: Scoring) -> Scores:
    """Return dLoss/d(target . W source) from dLoss/du."""
    return slope if scoring.scale == 1 else slope * scoring.scale
