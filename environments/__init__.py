"""Worlds to look at, one file each."""

from .colour import Colour
from .datasets import CIFAR10, CIFAR100, EMNIST, MNIST
from .deformations import Deformations
from .folder import FolderSource
from .images import Images
from .objects3d import Objects3D
from .patches import PatchScan
from .sources import Pictures, Source, Transfer
from .stl10 import STL10, STL10Frames, STL10Source
from .turntable import Turntable
from .warp import Warp

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "EMNIST",
    "MNIST",
    "STL10",
    "Colour",
    "Deformations",
    "FolderSource",
    "Images",
    "Objects3D",
    "PatchScan",
    "Pictures",
    "STL10Frames",
    "STL10Source",
    "Source",
    "Transfer",
    "Turntable",
    "Warp",
]
