"""SimCLR's loss in a stream (Chen, Kornblith, Norouzi & Hinton 2020), the present against what is remembered."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.contracts import require

from .feedback import BackPropagation, Feedback
from .head import HeadRule, Judged
from .rule import ContrastBatch

SHORTEST = 1e-3
"""Length that is added in square, so that an embedding of nothing has a cosine, 0, with a slope."""


class SimCLR(HeadRule):
    """Of all that is remembered, the present view is to be told by its direction which memory is of the same thing.

    Each layer has a linear head; x = V z is its embedding. With u = cos(x, x^A) / tau for each remembered embedding
    x^A, and s^+ and s^- being memories of the same thing and of others:

        loss of s^+ = -log( exp u^+ / (exp u^+ + sum over s^- of exp u^-) )
        dLoss/du^+ = -q,    dLoss/du^- = q exp u^- / (sum over s^- of exp u^-),    q = 1 - exp(-loss)
        dLoss/dx = sum over memories of dLoss/du (a - x' (x' . a)) / (tau |x|),    x' = x / |x|,  a = x^A / |x^A|

    with |x|^2 = x . x + 1e-6, so that what is silent has a cosine too.

    The gradient goes into the present view only: the published loss also credits the other view, and so needs both
    at once (Tang, Yang & Amit 2022 compare their hinge with it). Positives are not contrasted with each other.

    Weights: a positive has its own share in the loss, with all negatives of its stream and lag in its softmax. A
    negative has none: it takes part if its weight is not 0, whatever that is, so that `PeerMemory.share` changes
    nothing. So a stream and lag bears what its positives weigh together, 1 / (lags x streams) with `OwnMemory`, and
    nothing where there is no positive, as after a saccade, or no negative. How faint a memory has become is of no
    account to a cosine either.

    It needs memories of both kinds at one lag, as `OwnMemory(negative=0)` beside `PeerMemory`, or `LatestOwn`, give.

    Args:
        temperature: tau, greater than 0.
        width: size of the embedding.
        feedback: how the error reaches the layer; by default back-propagation through the head.
        rate: factor on the learning rate of the heads; 0 keeps them as they were drawn.
    """

    knobs = frozenset({"temperature"})
    needs_both = True

    def __init__(
        self,
        temperature: float = 0.1,
        width: int = 64,
        feedback: Feedback = BackPropagation(),
        rate: float = 1.0,
    ) -> None:
        positive = 0 < temperature < math.inf
        require(positive, f"SimCLR.temperature must be greater than 0 (got {temperature}), and finite")
        require(width >= 1, f"SimCLR.width must be at least 1 (got {width})")
        super().__init__(width, feedback, rate)
        self.temperature = temperature

    def judge(self, now: Float[Tensor, "layers streams width"], batches: Sequence[ContrastBatch]) -> Judged:
        """See `HeadRule.judge`; active are positives that have negatives, and negatives that have a positive."""
        past = torch.stack([batch.past for batch in batches])
        return told_apart(now, past, batches[0].sign, batches[0].weight, self.temperature)


def told_apart(
    now: Float[Tensor, "layers streams width"],
    past: Float[Tensor, "layers groups predictors streams width"],
    sign: Float[Tensor, "groups predictors streams"],
    weight: Float[Tensor, "groups predictors streams"],
    temperature: float,
) -> Judged:
    """Return how well *now* tells memories of the same thing (*sign* +1) from those of others; scores are cosines."""
    x, inverse = directed(now)
    a, _ = directed(past)
    cosine = (a * x[:, None, None]).sum(-1)
    u, there = cosine / temperature, weight > 0
    same, other = there & (sign > 0), there & (sign < 0)
    others = torch.where(other, u, -torch.inf).logsumexp(1, keepdim=True)
    # log(1 + exp), which is 0 where there are no others
    loss = torch.where(same, torch.logaddexp(others - u, torch.zeros_like(u)), 0)
    pull = weight * -torch.expm1(-loss)
    push = pull.sum(1, keepdim=True) * torch.where(other, (u - others).exp(), 0)
    along = ((push - pull)[..., None] * a).sum((1, 2))
    error = (along - x * (x * along).sum(-1, keepdim=True)) * (inverse / temperature)
    both = same.any(0) & other.any(0)
    return Judged(error, loss, ((same | other) & both).to(u.dtype).expand_as(u), cosine)


def directed(x: Float[Tensor, "*n width"]) -> tuple[Float[Tensor, "*n width"], Float[Tensor, "*n 1"]]:
    """Return the directions of *x*, and one over their lengths."""
    inverse = (x.square().sum(-1, keepdim=True) + SHORTEST**2).rsqrt()
    return x * inverse, inverse
