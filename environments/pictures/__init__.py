"""Where still pictures come from."""

from .datasets import CIFAR10, CIFAR100, EMNIST, MNIST
from .folder import Decoder, FolderSource, image_files
from .sources import Pictures, Source, Transfer, at_least_two
from .stl10 import Part, STL10Source

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "EMNIST",
    "MNIST",
    "Decoder",
    "FolderSource",
    "Part",
    "Pictures",
    "STL10Source",
    "Source",
    "Transfer",
    "at_least_two",
    "image_files",
]
