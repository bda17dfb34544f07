"""Worlds of moving pictures."""

from .clips import Clip, ClipFolder, Clips
from .decoder import Reel, VideoDecoder
from .decord import AutomaticDecoder, DecordDecoder
from .pyav import PyAVDecoder
from .ucf101 import UCF101, UCF101Clips
from .world import Video

__all__ = [
    "UCF101",
    "AutomaticDecoder",
    "Clip",
    "ClipFolder",
    "Clips",
    "DecordDecoder",
    "PyAVDecoder",
    "Reel",
    "UCF101Clips",
    "Video",
    "VideoDecoder",
]
