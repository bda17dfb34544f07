"""Which clip follows after a saccade, and what is drawn for it."""

from collections.abc import Iterator

import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import State, generator_from, generator_state
from streamsim.environments.transforms import another

_DICE = 2**62


def drawn(previous: Int[Tensor, " streams"], count: int, draws: int, generator: torch.Generator) -> State:
    """Return what every stream may see after the *previous* clip: as many draws, whatever the streams do.

    The names are "clip", one of *count* and not the previous; "draws", numbers from 0 to 1 that decide on the part
    that is seen; and "dice", a large number that decides what follows instead if the clip is damaged.
    """
    streams = len(previous)
    return {
        "clip": another(previous, count, generator),
        "draws": torch.rand(streams, draws, generator=generator, dtype=torch.float64),
        "dice": torch.randint(_DICE, (streams,), generator=generator),
    }


def candidates(first: int, current: int, count: int, dice: int) -> Iterator[int]:
    """Yield the clips that may follow the *current* one: the *first*, then the others as *dice* decide.

    The first may be the current one, if that was shown in place of a damaged one.
    """
    if first != current:
        yield first
    order = torch.randperm(count, generator=generator_from(generator_state(dice)))
    yield from (clip for clip in order.tolist() if clip not in (first, current))
