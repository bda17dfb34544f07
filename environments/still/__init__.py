"""Worlds of still pictures."""

from .deformations import Deformations
from .images import Images
from .patches import PatchScan
from .stl10 import STL10, STL10Frames
from .turntable import Turntable

__all__ = ["STL10", "Deformations", "Images", "PatchScan", "STL10Frames", "Turntable"]
