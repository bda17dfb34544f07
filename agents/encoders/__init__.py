"""Stacks of layers, when these act, and what happens to a frame first."""

from .encoder import Encoder
from .retina import GlobalContrastNorm, Retina, Shifted, Transparent
from .sequence import CPCAudioEncoder, VideoEncoder
from .timing import RateGroup
from .vision import SmallEncoder, TangCifarEncoder, TangEmnistEncoder, VGG6Encoder

__all__ = [
    "CPCAudioEncoder",
    "Encoder",
    "GlobalContrastNorm",
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
