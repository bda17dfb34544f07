"""What a tick's pairs amount to, for all layers in a handful of operations."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from .recall import Recall
from .rule import Lesson

QUANTITIES = ("loss", "active_same", "active_other", "score_same", "score_other")


def summary(lessons: Sequence[Lesson], recall: Recall) -> Float[Tensor, "layers quantities"]:
    """Return one row per lesson: the loss, then the share of active hinges and the mean score, per kind of pair.

    A mean over no pairs is nan.
    """
    facts = torch.stack([torch.stack((x.loss, x.active, x.score)) for x in lessons]).flatten(2)
    kinds = (recall.weight > 0) * torch.stack((recall.same, ~recall.same))
    counted = kinds.flatten(1).to(facts.dtype)
    shares = torch.cat((recall.weight.reshape(1, -1), counted / counted.sum(-1, keepdim=True)))
    table = facts @ shares.T
    return torch.stack((table[:, 0, 0], table[:, 1, 1], table[:, 1, 2], table[:, 2, 1], table[:, 2, 2]), -1)
