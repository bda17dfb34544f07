"""Stacks of layers, when these act, and what happens to a frame first."""

from .encoder import Encoder
from .perception import Percept, Perception
from .retina import GlobalContrastNorm, Retina, Shifted, Transparent
from .sequence import CPCAudioEncoder, VideoEncoder
from .timing import RateGroup
from .vision import SmallEncoder, TangCifarEncoder, TangEmnistEncoder, VGG6Encoder

__all__ = [
    "CPCAudioEncoder",
    "Encoder",
    "GlobalContrastNorm",
    "Percept",
    "Perception",
    "RateGroup",
    "Retina",
    "Shifted",
    "SmallEncoder",
    "TangCifarEncoder",
    "TangEmnistEncoder",
    "Transparent",
    "VGG6Encoder",
    "VideoEncoder",
]
