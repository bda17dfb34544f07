"""Pictures inside a page: arrays become PNG files become data addresses."""

import base64
import io
import math

import numpy as np
import torch
from jaxtyping import Float, UInt8
from markupsafe import Markup
from PIL import Image
from torch import Tensor

from .page import piece


def png(pixels: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """Return *pixels*, with 1 (grey), 3 (colour) or 4 (colour and opacity) channels, as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG", optimize=True)
    return file.getvalue()


def image(pixels: UInt8[np.ndarray, "height width channels"], scale: float, words: str = "") -> Markup:
    """Return an HTML image, *scale* times as large on the page."""
    height, width = pixels.shape[:2]
    address = data_address("image/png", png(pixels))
    return piece("image", width=round(width * scale), height=round(height * scale), words=words, address=address)


def data_address(kind: str, content: bytes) -> str:
    """Return a file of the media type *kind* as an address within the page."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def is_picture(shape: tuple[int, ...]) -> bool:
    """Tell whether a frame of *shape* can be shown as a picture."""
    return len(shape) == 3 and shape[0] in (1, 3) and min(shape[1:]) > 1


def channels_last(frame: UInt8[np.ndarray, "channels height width"]) -> UInt8[np.ndarray, "height width channels"]:
    """Return *frame* in the order that pictures have in files."""
    return np.ascontiguousarray(frame.transpose(1, 2, 0))


def bytes_of(frames: Float[Tensor, "*shape"], low: float, high: float) -> UInt8[np.ndarray, "*shape"]:
    """Return values with *low* to *high* spread over 0 to 255."""
    return ((frames.float() - low) / (high - low)).clamp(0, 1).mul(255).round().to(torch.uint8).numpy()


def mosaic(
    tiles: UInt8[np.ndarray, "n channels height width"], columns: int, gap: int = 1
) -> UInt8[np.ndarray, "rows wide four"]:
    """Return *tiles* row by row with transparent gaps between them."""
    n, _, height, width = tiles.shape
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.uint8)
    for i, tile in enumerate(tiles):
        y, x = i // columns * (height + gap), i % columns * (width + gap)
        sheet[y : y + height, x : x + width, :3] = channels_last(tile)
        sheet[y : y + height, x : x + width, 3] = 255
    return sheet
