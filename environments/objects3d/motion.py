"""How a solid of `objects3d` turns, moves, changes size, light and colour while it is being looked at."""

from dataclasses import dataclass
from math import pi

import torch
from jaxtyping import Float
from torch import Tensor

TRAITS = (
    *("kind", "first", "second"),
    *("turn_a", "turn_b", "turn_c", "axis_a", "axis_b", "spin"),
    *("x", "x_rate", "y", "y_rate", "scale", "scale_rate"),
    *("light", "light_rate", "height", "height_rate"),
    *("hue", "hue_rate", "value", "value_rate", "chroma", "chroma_rate"),
    *("contrast", "contrast_rate", "ground", "ground_rate", "dye", "dye_rate", "tilt", "tilt_rate"),
)
"""What is drawn for an object when the gaze first falls on it: numbers in [0, 1), one each."""


@dataclass(frozen=True)
class Rates:
    """Mean speeds, in radians (spin) or cycles (the others) per second; an object has 0.5 to 1.5 times these."""

    spin: float
    roam: float
    zoom: float
    relight: float
    recolour: float


@dataclass(frozen=True)
class Pose:
    """What the renderer needs to know of one frame of every stream.

    The picture spans [-1, 1] in both directions, y upwards; the viewer looks from z = infinity towards -z.

    Attributes:
        proportions: the two proportions of each solid.
        rotation: from the solid's own axes to the viewer's.
        centre: where the solid is.
        scale: length of the solid's unit in the picture.
        light: direction to the light, of length one.
        colour: of the solid, red, green, blue.
        ground: of the background.
        tilt: how the background brightens along x and y.
    """

    proportions: Float[Tensor, "streams 2"]
    rotation: Float[Tensor, "streams 3 3"]
    centre: Float[Tensor, "streams 2"]
    scale: Float[Tensor, " streams"]
    light: Float[Tensor, "streams 3"]
    colour: Float[Tensor, "streams 3"]
    ground: Float[Tensor, "streams 3"]
    tilt: Float[Tensor, "streams 2"]


def pose(traits: Float[Tensor, "streams traits"], seconds: Float[Tensor, " streams"], rates: Rates) -> Pose:
    """Return how objects with *traits* look after having been seen for *seconds*."""
    draw = dict(zip(TRAITS, traits.unbind(1), strict=True))
    scale = _swing(draw, "scale", rates.zoom, seconds).mul(0.15).add(0.7)
    sway = [_swing(draw, axis, rates.roam, seconds) for axis in ("x", "y")]
    colour, ground = _colours(draw, seconds, rates.recolour)
    return Pose(
        proportions=traits[:, 1:3],
        rotation=_rotation(draw, seconds, rates.spin),
        centre=torch.stack(sway, 1) * (1 - scale)[:, None],
        scale=scale,
        light=_light(draw, seconds, rates.relight),
        colour=colour,
        ground=ground,
        tilt=0.12 * _direction(draw["tilt"] + _drift(draw, "tilt", rates.relight, seconds)),
    )


def _rate(draw: dict[str, Tensor], name: str, mean: float) -> Tensor:
    """Return an object's own rate, forwards or backwards, 0.5 to 1.5 times the mean."""
    signed = 2 * draw[f"{name}_rate"] - 1
    return mean * (signed + 0.5 * torch.where(signed < 0, -1.0, 1.0))


def _drift(draw: dict[str, Tensor], name: str, mean: float, seconds: Tensor) -> Tensor:
    """Return how many cycles a quantity went since the object came into view."""
    return _rate(draw, name, mean) * seconds


def _swing(draw: dict[str, Tensor], name: str, mean: float, seconds: Tensor) -> Tensor:
    """Return a quantity that swings between -1 and 1."""
    return torch.sin(2 * pi * (draw[name] + _drift(draw, name, mean, seconds)))


def _direction(cycles: Tensor) -> Tensor:
    return torch.stack([torch.cos(2 * pi * cycles), torch.sin(2 * pi * cycles)], 1)


def _light(draw: dict[str, Tensor], seconds: Tensor, mean: float) -> Tensor:
    """Return the direction to a light that circles around the viewer, 25 to 65 degrees away."""
    height = pi / 180 * (45 + 20 * _swing(draw, "height", mean, seconds))[:, None]
    around = _direction(draw["light"] + _drift(draw, "light", mean, seconds))
    return torch.cat([around * torch.sin(height), torch.cos(height)], 1)


def _colours(draw: dict[str, Tensor], seconds: Tensor, mean: float) -> tuple[Tensor, Tensor]:
    """Return the colours of object and background, whose hues drift and stay at least a quarter circle apart."""
    hue = draw["hue"] + _drift(draw, "hue", mean, seconds)
    apart = 0.5 + 0.25 * _swing(draw, "contrast", mean, seconds)
    value = 0.8 + 0.2 * _swing(draw, "value", mean, seconds)
    chroma = 0.6 + 0.4 * _swing(draw, "chroma", mean, seconds)
    ground = 0.5 + 0.25 * _swing(draw, "ground", mean, seconds)
    dye = 0.6 + 0.4 * _swing(draw, "dye", mean, seconds)
    return _paint(hue, value, chroma), _paint(hue + apart, ground, dye)


def _paint(hue: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Return red, green and blue of a hue (in cycles), its brightness and its saturation."""
    angles = 2 * pi * (hue[:, None] - torch.arange(3) / 3)
    return value[:, None] * (1 - chroma[:, None] * (0.5 - 0.5 * torch.cos(angles)))


def _rotation(draw: dict[str, Tensor], seconds: Tensor, spin: float) -> Tensor:
    """Return the turn from a random first pose about a random fixed axis."""
    a, b = torch.sqrt(1 - draw["turn_a"]), torch.sqrt(draw["turn_a"])
    first = torch.cat([a[:, None] * _direction(draw["turn_b"]), b[:, None] * _direction(draw["turn_c"])], 1)
    height = 2 * draw["axis_a"] - 1
    axis = torch.cat([torch.sqrt(1 - height**2)[:, None] * _direction(draw["axis_b"]), height[:, None]], 1)
    half = (0.5 * spin * (0.5 + draw["spin"]) * seconds)[:, None]
    return _matrix(first) @ _matrix(torch.cat([torch.cos(half), torch.sin(half) * axis], 1)).mT


def _matrix(quaternion: Float[Tensor, "streams 4"]) -> Float[Tensor, "streams 3 3"]:
    """Return the rotation matrices of unit quaternions, real part first."""
    w, x, y, z = quaternion.unbind(1)
    rows = (
        *(1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        *(2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        *(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack(rows, 1).reshape(-1, 3, 3)
