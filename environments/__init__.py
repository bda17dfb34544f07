"""Worlds to look at, one file each."""

from .colour import Colour
from .corpus import Corpus, Utterance
from .datasets import CIFAR10, CIFAR100, EMNIST, MNIST
from .deformations import Deformations
from .folder import FolderSource
from .images import Images
from .librispeech import LibriSpeech, LibriSpeechCorpus
from .objects3d import Objects3D
from .patches import PatchScan
from .phones import Phones
from .sources import Pictures, Source, Transfer
from .speech import Speech
from .speech_folder import SpeechFolder
from .speech_labels import Speakers, SpeechLabels
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
    "Corpus",
    "Deformations",
    "FolderSource",
    "Images",
    "LibriSpeech",
    "LibriSpeechCorpus",
    "Objects3D",
    "PatchScan",
    "Phones",
    "Pictures",
    "STL10Frames",
    "STL10Source",
    "Source",
    "Speakers",
    "Speech",
    "SpeechFolder",
    "SpeechLabels",
    "Transfer",
    "Turntable",
    "Utterance",
    "Warp",
]
