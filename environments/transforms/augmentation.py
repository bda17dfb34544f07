"""How clips and pictures are altered while they are learnt from, and how changes of colour are drawn."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from streamsim.contracts import State

from .colour import Colour, recoloured
from .framing import CentreCrop, Framing, RandomCrop, RandomResizedCrop
from .pixels import unit


class Augmentation(ABC):
    """What is drawn for every fixation, and what for every frame."""

    @property
    @abstractmethod
    def framing(self) -> Framing:
        """Chooses the part of the pictures that is seen, once in a fixation."""

    @property
    @abstractmethod
    def colour(self) -> Colour | None:
        """How far colours may change; None leaves them as they are."""

    @property
    @abstractmethod
    def each_frame(self) -> bool:
        """Whether changes of colour are drawn anew for every frame, not once in a fixation."""


class IllingAugmentation(Augmentation):
    """As in Illing et al. (2021), whose code follows Han et al. (2019): crop and flip per clip, colours per frame.

    Every frame by itself has a random brightness, contrast, saturation and hue, and every second one is grey.

    Args:
        framing: the part of the pictures that is seen; by default a square of 224 of 240 pixels, mirrored or not.
        colour: how far colours may change; by default 0.5, 0.5, 0.5 and 0.25, half of the frames grey.
    """

    def __init__(
        self,
        framing: Framing = RandomCrop(),
        colour: Colour = Colour(0.5, 0.5, 0.5, 0.25, probability=1.0, grey=0.5),
    ) -> None:
        self._framing = framing
        self._colour = colour

    @property
    def framing(self) -> Framing:
        """See `Augmentation.framing`."""
        return self._framing

    @property
    def colour(self) -> Colour:
        """See `Augmentation.colour`."""
        return self._colour

    @property
    def each_frame(self) -> bool:
        """Every frame has colours of its own."""
        return True


class TangAugmentation(Augmentation):
    """The deformations of Tang et al. (2022), drawn once in a fixation: what changes from frame to frame is the action.

    Args:
        framing: the part of the pictures that is seen; by default 30 to 100 % of the area, mirrored or not.
        colour: how far colours may change; by default as in the paper (0.8, 0.8, 0.8, 0.2, each clip with 80 %).
    """

    def __init__(self, framing: Framing = RandomResizedCrop(), colour: Colour = Colour()) -> None:
        self._framing, self._colour = framing, colour

    @property
    def framing(self) -> Framing:
        """See `Augmentation.framing`."""
        return self._framing

    @property
    def colour(self) -> Colour:
        """See `Augmentation.colour`."""
        return self._colour

    @property
    def each_frame(self) -> bool:
        """All frames of a fixation have the same changes."""
        return False


class Unaltered(Augmentation):
    """Clips as they are.

    Args:
        framing: the part of the pictures that is seen; by default the square in the middle.
    """

    def __init__(self, framing: Framing = CentreCrop()) -> None:
        self._framing = framing

    @property
    def framing(self) -> Framing:
        """See `Augmentation.framing`."""
        return self._framing

    @property
    def colour(self) -> None:
        """Colours stay as they are."""
        return

    @property
    def each_frame(self) -> bool:
        """Nothing is drawn for a frame."""
        return False


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

    def draw(self, held: State, saccade: Bool[Tensor, " streams"], generator: torch.Generator) -> State:
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
