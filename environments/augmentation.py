"""How clips are altered while they are learnt from. Probes see the centre, as it is."""

from abc import ABC, abstractmethod

from .colour import Colour
from .framing import CentreCrop, Framing, RandomCrop, RandomResizedCrop


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
        framing: the part of the pictures that is seen; a square of 224 of 240 pixels, mirrored or not, if not given.
        colour: how far colours may change; by 0.5, 0.5, 0.5 and 0.25, half of the frames grey, if not given.
    """

    def __init__(self, framing: Framing | None = None, colour: Colour | None = None) -> None:
        self._framing = framing or RandomCrop()
        self._colour = colour or Colour(0.5, 0.5, 0.5, 0.25, probability=1.0, grey=0.5)

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
        framing: the part of the pictures that is seen; 30 to 100 % of the area, mirrored or not, if not given.
        colour: how far colours may change; as in the paper (0.8, 0.8, 0.8, 0.2, each clip with 80 %) if not given.
    """

    def __init__(self, framing: Framing | None = None, colour: Colour | None = None) -> None:
        self._framing, self._colour = framing or RandomResizedCrop(), colour or Colour()

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
        framing: the part of the pictures that is seen; the square in the middle if not given.
    """

    def __init__(self, framing: Framing | None = None) -> None:
        self._framing = framing or CentreCrop()

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
