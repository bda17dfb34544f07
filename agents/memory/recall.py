"""What short-term memory gives back to be compared with the present."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Recall:
    """Remembered read-outs that the present is compared with.

    Pairs are laid out as (groups, predictors, streams): pairs of one predictor share their lag.

    Attributes:
        past: remembered read-outs of all layers side by side.
        same: whether the memory is of the thing seen now, as far as the agent was told.
        weight: share of each pair in the loss, already divided by the number of streams; 0 where nothing is remembered.
        birth: tick at which the memory was laid down.
        owner: stream that laid it down.
        lags: lag of each predictor in ticks, or None for memories of no fixed age.
    """

    past: Float[Tensor, "groups predictors streams width"]
    same: Bool[Tensor, "groups predictors streams"]
    weight: Float[Tensor, "groups predictors streams"]
    birth: Int[Tensor, "groups predictors streams"]
    owner: Int[Tensor, "groups predictors streams"]
    lags: tuple[int | None, ...]
