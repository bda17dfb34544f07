"""What a tick's pairs amount to, for all layers in a handful of operations."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.memory import Recall
from streamsim.agents.rules import RuleFactors
from streamsim.contracts import Alone, Team

QUANTITIES = ("loss", "active_same", "active_other", "score_same", "score_other")

# The numbers of some layers that act together, what the rule made of the pairs of each, and these pairs.
Summed = tuple[Sequence[int], Sequence[RuleFactors], Recall]


def metrics(
    layers: int, found: Sequence[Summed], device: torch.device, team: Team = Alone()
) -> Float[Tensor, "layers quantities"]:
    """Return one row of metrics for each of so many *layers*, nan where none was *found*, by a whole *team*."""
    rows = [(numbers, summary(factors, recall, team)) for numbers, factors, recall in found]
    if len(rows) == 1 and len(rows[0][0]) == layers:
        return rows[0][1]
    dtype = rows[0][1].dtype if rows else torch.float32
    table = torch.full((layers, len(QUANTITIES)), torch.nan, dtype=dtype, device=device)
    for numbers, own in rows:
        table[list(numbers)] = own
    return table


def summary(factors: Sequence[RuleFactors], recall: Recall, team: Team = Alone()) -> Float[Tensor, "layers quantities"]:
    """Return one row a layer: the loss, then the share of active hinges and the mean score, per kind of pair.

    A mean over no pairs is nan.
    """
    facts = torch.stack([fact for x in factors for fact in (x.loss, x.active, x.score)]).flatten(1)
    counted = recall.weight > 0
    same = counted & recall.same
    shares = torch.stack((recall.weight, same, counted ^ same))
    (sums,) = team.summed([facts @ team.own(shares, -1).flatten(1).T])
    table = sums.view(len(factors), 3, 3)
    means = table[:, 1:, 1:] / shares[1:].flatten(1).sum(1)
    return torch.cat((table[:, 0, :1], means.flatten(1)), 1)
