"""Learning from labels, the baseline: a linear head on each layer names what is shown."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.contracts import ConfigurationError, require

from .feedback import BackPropagation, Feedback
from .head import HeadRule, Judged
from .rule import ContrastBatch


class Supervised(HeadRule):
    """Each layer that is judged has a linear head, x = V z, whose softmax is to name the class of the frame.

    With p = softmax(x) and k the class that the learner is told:

        loss = -log p_k,    dLoss/dx_j = p_j - 1[j = k]

    It is no rule of an animal but the baseline of papers: the label of every frame is told to the learner, and results
    say so. Nothing is compared with the past, and so nothing is remembered. Frames of unknown class teach nothing. With
    local credit this is greedy supervised learning.

    Args:
        classes: how many classes the world has; what else it is, is refused before the first tick.
        feedback: how the error reaches the layer; by default back-propagation through the head.
        rate: factor on the learning rate of the heads; 0 keeps them as they were drawn.
    """

    needs_past = False

    def __init__(self, classes: int, feedback: Feedback = BackPropagation(), rate: float = 1.0) -> None:
        require(classes >= 2, f"Supervised.classes must be at least 2 (got {classes})")
        super().__init__(classes, feedback, rate)
        self.classes = self.taught = classes

    def judge(self, now: Float[Tensor, "layers streams width"], batches: Sequence[ContrastBatch]) -> Judged:
        """See `HeadRule.judge`; scores are p_k, and what is of a known class is active."""
        weight, labels = batches[0].weight, batches[0].labels
        if labels is None:
            raise ConfigurationError("Supervised learns from labels, but the agent was told none: give Glimpse.label")
        known = (labels >= 0).to(now.dtype)
        answer = labels.clamp_min(0).expand(now.shape[:-1])[..., None]
        logarithm = now.log_softmax(-1)
        of_class = logarithm.gather(-1, answer)[..., 0]
        error = logarithm.exp().scatter_add(-1, answer, -torch.ones_like(of_class)[..., None])
        told = (-of_class * known, known.expand_as(of_class), of_class.exp() * known)
        shape = (len(now), *weight.shape)
        return Judged(error * (known * weight.sum((0, 1)))[:, None], *(t[:, None, None].expand(shape) for t in told))
