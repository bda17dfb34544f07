"""What a tick's pairs amount to, for all layers in a handful of operations."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.memory import Recall
from streamsim.agents.rules import Lesson

QUANTITIES = ("loss", "active_same", "active_other", "score_same", "score_other")


def summary(lessons: Sequence[Lesson], recall: Recall) -> Float[Tensor, "layers quantities"]:
    """Return one row per lesson: the loss, then the share of active hinges and the mean score, per kind of pair.

    A mean over no pairs is nan.
    """
    facts = torch.stack([fact for x in lessons for fact in (x.loss, x.active, x.score)]).flatten(1)
    counted = recall.weight > 0
    same = counted & recall.same
    shares = torch.stack((recall.weight, same, counted ^ same)).flatten(1)
    table = (facts @ shares.T).view(len(lessons), 3, 3)
    means = table[:, 1:, 1:] / shares[1:].sum(1)
    return torch.cat((table[:, 0, :1], means.flatten(1)), 1)
