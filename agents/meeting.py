"""The present of layers that act together, beside what is remembered of them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim import Comparison

from .metrics import QUANTITIES
from .paces import Pace
from .recall import Recall


class Meeting(NamedTuple):
    """What meets at a tick.

    Attributes:
        pace: the layers.
        readouts: the present read-out of each.
        recall: what they remember.
    """

    pace: Pace
    readouts: list[Tensor]
    recall: Recall


def comparison(meetings: Sequence[Meeting]) -> Comparison | None:
    """Return what instruments may know of what the fastest layers are compared with, pairs in one row."""
    if not meetings:
        return None
    pace, _, recall = meetings[0]
    # the tick of a layer's n-th activity
    birth = recall.birth if pace.every == 1 else torch.where(recall.birth < 0, -1, (recall.birth + 1) * pace.every - 1)
    return Comparison(*(t.flatten(0, 1) for t in (birth, recall.owner, recall.same, recall.weight)))


def table(
    layers: int, found: Sequence[tuple[Sequence[int], Tensor]], device: torch.device
) -> Float[Tensor, "layers quantities"]:
    """Return one row of metrics for each of so many *layers*, nan where none was *found*."""
    if len(found) == 1 and len(found[0][0]) == layers:
        return found[0][1]
    dtype = found[0][1].dtype if found else torch.float32
    rows = torch.full((layers, len(QUANTITIES)), torch.nan, dtype=dtype, device=device)
    for numbers, own in found:
        rows[list(numbers)] = own
    return rows


def widths(readouts: Sequence[Float[Tensor, "streams _"]]) -> list[int]:
    """Return how many numbers each layer's read-out has."""
    return [readout.shape[1] for readout in readouts]
