"""From an image file to pixels of eight bits."""

import ctypes
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from streamsim.contracts import DataError
from streamsim.environments.io import ordinary

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # Pillow knows more, and runs some of them

_WHITE = 65_535  # of 16 bits


def decode(file: Path, shape: tuple[int, int, int]) -> UInt8[Tensor, "channels height width"]:
    """Return a picture scaled to cover *shape* and cropped to its centre.

    What is transparent shows white; 16 bits become 8.

    Raises:
        DataError: it cannot be read, or its numbers have no range.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - worlds without files need no decoder

    silence_libtiff()
    channels, height, width = shape
    try:
        with Image.open(ordinary(file), formats=_FORMATS) as picture:
            picture.load()
            converted = _opaque(picture, file).convert("RGB" if channels == 3 else "L")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{file} is not a readable picture ({error}): restore or remove it") from None
    if converted.size != (width, height):
        converted = ImageOps.fit(converted, (width, height), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(converted).reshape(height, width, channels)).permute(2, 0, 1).contiguous()


@cache
def silence_libtiff() -> None:
    """Keep libtiff, which is told of damage by whoever reads it, from writing to the terminal besides."""
    from PIL import _imaging  # noqa: PLC0415 - as above

    library = ctypes.CDLL(_imaging.__file__)  # looks into the libraries that Pillow brought, too
    for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        if hasattr(library, name):  # not where Pillow was built in another way
            getattr(library, name)(None)


def _opaque(picture: "Image", file: Path) -> "Image":
    """Return *picture* with 8 bits a channel, on white."""
    from PIL import Image  # noqa: PLC0415 - as above

    if picture.mode in ("F", "I") or picture.mode.startswith("I;"):
        return _eight_bits(picture, file)
    if not picture.has_transparency_data:
        return picture
    coloured = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured)


def _eight_bits(picture: "Image", file: Path) -> "Image":
    """Return a grey *picture* of 16 bits with 8; Pillow's own conversion cuts off all but the darkest."""
    from PIL import Image  # noqa: PLC0415 - as above

    levels = np.asarray(picture)
    bounded = picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format in ("PNG", "PPM"))
    if not bounded:
        raise DataError(
            f"{file} holds 32-bit numbers, of which nobody knows which is black and which is white: convert it to "
            "8 or 16 bits"
        )
    clear = levels == picture.info["transparency"] if "transparency" in picture.info else False
    return Image.fromarray(np.rint(np.where(clear, _WHITE, levels) / (_WHITE / 255)).astype(np.uint8))
