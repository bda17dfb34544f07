"""What happens to pixels on the way to a frame."""

from .augmentation import Augmentation, IllingAugmentation, TangAugmentation, Tinting, Unaltered
from .colour import Colour, recoloured
from .framing import DRAWS, Box, CentreCrop, Framing, RandomCrop, RandomResizedCrop
from .pixels import another, grey, replace, shared, unit
from .warp import Warp, warped

__all__ = [
    "DRAWS",
    "Augmentation",
    "Box",
    "CentreCrop",
    "Colour",
    "Framing",
    "IllingAugmentation",
    "RandomCrop",
    "RandomResizedCrop",
    "TangAugmentation",
    "Tinting",
    "Unaltered",
    "Warp",
    "another",
    "grey",
    "recoloured",
    "replace",
    "shared",
    "unit",
    "warped",
]
