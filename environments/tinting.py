"""Changes of colour on the way from clips to frames."""

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from streamsim.tree import State

from .augmentation import Augmentation
from .colour import recoloured
from .viewing import unit


class Tinting:
    """Draws how colours change, and changes them.

    Args:
        augmentation: says how far, and whether for every frame or once in a fixation.
    """

    def __init__(self, augmentation: Augmentation) -> None:
        self._colour, self._each_frame = augmentation.colour, augmentation.each_frame

    def none(self, streams: int) -> State:
        """Return what is drawn, before the first look."""
        return {"strengths": torch.zeros(streams, 4), "switches": torch.zeros(streams, 2)}

    def draw(self, held: State, saccade: Bool[Tensor, "streams"], generator: torch.Generator) -> State:
        """Return what is drawn for the next frame; as many numbers are drawn, whatever the streams do."""
        renewed = (saccade | self._each_frame)[:, None]
        return {
            name: torch.where(renewed, torch.rand(numbers.shape, generator=generator), numbers)
            for name, numbers in held.items()
        }

    def frame(
        self, pixels: UInt8[Tensor, "streams channels height width"], drawn: State
    ) -> Float[Tensor, "streams channels height width"]:
        """Return frames with their changes of colour, from 0 to 1."""
        if self._colour is None:
            return unit(pixels)
        changed, faded = (drawn["switches"] < torch.tensor([self._colour.probability, self._colour.grey])).unbind(1)
        strengths = self._colour.strengths(drawn["strengths"], changed, faded)
        return recoloured(unit(pixels), strengths.to(pixels.device, non_blocking=True)).clamp_(0, 1)
