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


# what goes back and forth, and what goes round and round, with the name of its mean speed
_SWINGING = {"x": "roam", "y": "roam", "scale": "zoom", "height": "relight"} | dict.fromkeys(
    ("contrast", "value", "chroma", "ground", "dye"), "recolour"
)
_TURNING = {"light": "relight", "hue": "recolour", "tilt": "relight"}
_START = [TRAITS.index(name) for name in (*_SWINGING, *_TURNING)]
_RATE = [TRAITS.index(f"{name}_rate") for name in (*_SWINGING, *_TURNING)]

# Entries of a rotation matrix, row by row: twice the sum or the difference of two products of a quaternion's parts
# w, x, y, z; on the diagonal, what that leaves of 1.
_LEFT = ["wxyz".index(p[0]) * 4 + "wxyz".index(p[1]) for p in ["yy", "xy", "xz", "xy", "xx", "yz", "xz", "yz", "xx"]]
_RIGHT = ["wxyz".index(p[0]) * 4 + "wxyz".index(p[1]) for p in ["zz", "wz", "wy", "wz", "zz", "wx", "wy", "wx", "yy"]]
_SIGN = torch.tensor([1.0, -1, 1, 1, 1, -1, -1, 1, 1])
_SIDE = torch.tensor([-1.0, 1, 1, 1, -1, 1, 1, 1, -1])


@dataclass(frozen=True)
class Rates:
    """Mean speeds, in radians (spin) or cycles (the others) per second; an object has 0.5 to 1.5 times these."""

    spin: float
    roam: float
    zoom: float
    relight: float
    recolour: float

    def means(self) -> Float[Tensor, " quantities"]:
        """Return the mean speed of everything that swings or turns, in the order of the draws that it starts from."""
        return torch.tensor([getattr(self, name) for name in (*_SWINGING.values(), *_TURNING.values())])


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
    cycles = _cycles(traits, seconds, rates.means())
    swing: dict[str, Tensor] = dict(
        zip(_SWINGING, torch.sin(2 * pi * cycles[:, : len(_SWINGING)]).unbind(1), strict=True)
    )
    light, hue, tilt = cycles[:, len(_SWINGING) :].unbind(1)
    scale = swing["scale"].mul(0.15).add(0.7)
    colour, ground = _colours(hue, swing)
    return Pose(
        proportions=traits[:, 1:3],
        rotation=_rotation(draw, seconds, rates.spin),
        centre=torch.stack([swing["x"], swing["y"]], 1) * (1 - scale)[:, None],
        scale=scale,
        light=_light(light, swing["height"]),
        colour=colour,
        ground=ground,
        tilt=0.12 * _direction(tilt),
    )


def _cycles(
    traits: Float[Tensor, "streams traits"], seconds: Float[Tensor, " streams"], means: Float[Tensor, " quantities"]
) -> Float[Tensor, "streams quantities"]:
    """Return where in its cycle everything is that swings or turns.

    An object has its own rates, forwards or backwards, 0.5 to 1.5 times the means.
    """
    signed = 2 * traits[:, _RATE] - 1
    rates = means * (signed + 0.5 * torch.where(signed < 0, -1.0, 1.0))
    return traits[:, _START] + rates * seconds[:, None]


def _direction(cycles: Tensor) -> Tensor:
    return torch.stack([torch.cos(2 * pi * cycles), torch.sin(2 * pi * cycles)], -1)


def _light(cycles: Tensor, swing: Tensor) -> Tensor:
    """Return the direction to a light that circles around the viewer, 25 to 65 degrees away."""
    height = pi / 180 * (45 + 20 * swing)[:, None]
    return torch.cat([_direction(cycles) * torch.sin(height), torch.cos(height)], 1)


def _colours(hue: Tensor, swing: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the colours of object and background, whose hues drift and stay at least a quarter circle apart."""
    hues = torch.stack([hue, hue + (0.5 + 0.25 * swing["contrast"])])
    values = torch.stack([0.8 + 0.2 * swing["value"], 0.5 + 0.25 * swing["ground"]])
    chromas = 0.6 + 0.4 * torch.stack([swing["chroma"], swing["dye"]])
    colour, ground = _paint(hues, values, chromas)
    return colour, ground


def _paint(hue: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Return red, green and blue of a hue (in cycles), its brightness and its saturation."""
    angles = 2 * pi * (hue[..., None] - torch.arange(3) / 3)
    return value[..., None] * (1 - chroma[..., None] * (0.5 - 0.5 * torch.cos(angles)))


def _rotation(draw: dict[str, Tensor], seconds: Tensor, spin: float) -> Tensor:
    """Return the turn from a random first pose about a random fixed axis."""
    turn_b, turn_c, axis_b = _direction(torch.stack([draw["turn_b"], draw["turn_c"], draw["axis_b"]]))
    a, b = torch.sqrt(1 - draw["turn_a"])[:, None], torch.sqrt(draw["turn_a"])[:, None]
    height = 2 * draw["axis_a"] - 1
    axis = torch.cat([torch.sqrt(1 - height**2)[:, None] * axis_b, height[:, None]], 1)
    half = (0.5 * spin * (0.5 + draw["spin"]) * seconds)[:, None]
    first = torch.cat([a * turn_b, b * turn_c], 1)
    turned = torch.cat([torch.cos(half), torch.sin(half) * axis], 1)
    both = _matrix(torch.stack([first, turned]))
    return both[0] @ both[1].mT


def _matrix(quaternion: Float[Tensor, "*streams 4"]) -> Float[Tensor, "*streams 3 3"]:
    """Return the rotation matrices of unit quaternions, real part first."""
    products = (quaternion[..., None] * quaternion[..., None, :]).flatten(-2)
    entries = 2 * (products[..., _LEFT] + _SIGN * products[..., _RIGHT])
    rows: Tensor = torch.addcmul(torch.eye(3).flatten(), _SIDE, entries)
    return rows.view(*quaternion.shape[:-1], 3, 3)
