"""Worlds to look at, one file each."""

from .augmentation import Augmentation, IllingAugmentation, TangAugmentation, Unaltered
from .clip_folder import ClipFolder
from .clips import Clip, Clips
from .colour import Colour
from .corpus import Corpus, Utterance
from .datasets import CIFAR10, CIFAR100, EMNIST, MNIST
from .decoders import Reel, VideoDecoder
from .decord_decoder import DecordDecoder
from .deformations import Deformations
from .folder import FolderSource
from .framing import CentreCrop, Framing, RandomCrop, RandomResizedCrop
from .gym import Gymnasium
from .gym_policies import Policy, RandomPolicy
from .gym_views import Pixels, Rendering, Vector, View
from .images import Images
from .librispeech import LibriSpeech, LibriSpeechCorpus
from .objects3d import Objects3D
from .patches import PatchScan
from .phones import Phones
from .pyav_decoder import PyAVDecoder
from .sources import Pictures, Source, Transfer
from .speech import Speech
from .speech_folder import SpeechFolder
from .speech_labels import Speakers, SpeechLabels
from .stl10 import STL10, STL10Frames, STL10Source
from .turntable import Turntable
from .ucf101 import UCF101, UCF101Clips
from .video import Video
from .warp import Warp

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "EMNIST",
    "MNIST",
    "STL10",
    "UCF101",
    "Augmentation",
    "CentreCrop",
    "Clip",
    "ClipFolder",
    "Clips",
    "Colour",
    "Corpus",
    "DecordDecoder",
    "Deformations",
    "FolderSource",
    "Framing",
    "Gymnasium",
    "IllingAugmentation",
    "Images",
    "LibriSpeech",
    "LibriSpeechCorpus",
    "Objects3D",
    "PatchScan",
    "Phones",
    "Pictures",
    "Pixels",
    "Policy",
    "PyAVDecoder",
    "RandomCrop",
    "RandomPolicy",
    "RandomResizedCrop",
    "Reel",
    "Rendering",
    "STL10Frames",
    "STL10Source",
    "Source",
    "Speakers",
    "Speech",
    "SpeechFolder",
    "SpeechLabels",
    "TangAugmentation",
    "Transfer",
    "Turntable",
    "UCF101Clips",
    "Unaltered",
    "Utterance",
    "Vector",
    "Video",
    "VideoDecoder",
    "View",
    "Warp",
]
