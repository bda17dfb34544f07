"""Signed distance functions of ten solids, each inside the unit sphere.

A function takes the coordinates x, y, z of points and two proportions p, q in [0, 1] of the solid of each point.
It returns the distance to the solid's surface, negative inside; functions marked *bound* never exceed the distance.
Formulas follow Inigo Quilez, https://iquilezles.org/articles/distfunctions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

Points: TypeAlias = Float[Tensor, " points"]

Distance: TypeAlias = Callable[[Points, Points, Points, Points, Points], Points]


@dataclass(frozen=True)
class Shape:
    """A class of solids.

    Attributes:
        name: what it is called.
        distance: its signed distance function.
        radius: radius of a sphere around the origin that holds every member of the class.
    """

    name: str
    distance: Distance
    radius: float = 1.0


def sphere(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return the distance to a sphere of radius 0.8."""
    return (x * x).addcmul_(y, y).addcmul_(z, z).sqrt_().sub_(0.8)


def box(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return the distance to a box with half sides 0.57, 0.57 - 0.2 p and 0.57 - 0.2 q."""
    return _outside(x.abs().sub_(0.57), y.abs().sub_(0.57).add_(p, alpha=0.2), z.abs().sub_(0.57).add_(q, alpha=0.2))


def torus(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return the distance to a ring around z of radius 0.68 and thickness 0.2 + 0.1 p."""
    return torch.hypot(torch.hypot(x, y).sub_(0.68), z).sub_(0.2).sub_(p, alpha=0.1)


def cylinder(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return the distance to a cylinder along z of radius 0.42 + 0.12 p and half length 0.8 - 0.2 q."""
    return _corner(torch.hypot(x, y).sub_(0.42).sub_(p, alpha=0.12), z.abs().sub_(0.8).add_(q, alpha=0.2))


def cone(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return a bound to a cone from its tip at z = 0.95 to its base at z = -0.6 of radius 0.6 + 0.18 p."""
    base = p.mul(0.18).add_(0.6)
    slant = torch.hypot(base, torch.full_like(base, 1.55))
    side = torch.hypot(x, y).mul_(1.55).addcmul_(z.sub(0.95), base).div_(slant)
    return torch.maximum(side, z.neg().sub_(0.6))


def capsule(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return the distance to a rod along z with round ends, of half length 0.62 and radius 0.26 + 0.12 p."""
    return torch.hypot(torch.hypot(x, y), z.abs().sub_(0.62).clamp_(min=0)).sub_(0.26).sub_(p, alpha=0.12)


def octahedron(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return a bound to an octahedron with tips at 0.95 on every axis."""
    return x.abs().add_(y.abs()).add_(z.abs()).sub_(0.95).mul_(3**-0.5)


def cross(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return the distance to three crossed bars of half length 0.9 and half width 0.2 + 0.08 p."""
    x, y, z = x.abs(), y.abs(), z.abs()
    low, high = torch.minimum(x, y), torch.maximum(x, y)
    middle, width = torch.maximum(low, torch.minimum(high, z)), p.mul(0.08).add_(0.2)
    return _outside(torch.maximum(high, z).sub_(0.9), middle.sub_(width), torch.minimum(low, z).sub_(width))


def ellipsoid(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return an estimate for an ellipsoid with half axes 0.38 + 0.15 p, 0.55 + 0.1 q and 0.95."""
    a, b, c = p.mul(0.15).add_(0.38), q.mul(0.1).add_(0.55), 0.95
    x, y, z = x / a, y / b, z / c
    unit = (x * x).addcmul_(y, y).addcmul_(z, z).sqrt_()
    x, y, z = x.div_(a), y.div_(b), z.div_(c)
    slope = (x * x).addcmul_(y, y).addcmul_(z, z).sqrt_().clamp_(min=1e-6)
    return (unit - 1).mul_(unit).div_(slope)


def dumbbell(x: Points, y: Points, z: Points, p: Points, q: Points) -> Points:
    """Return the distance to two balls of radius 0.33 + 0.1 p on a bar of radius 0.13, centred at z = +-0.56."""
    around, along = torch.hypot(x, y), z.abs().sub_(0.56)
    ball = torch.hypot(around, along).sub_(0.33).sub_(p, alpha=0.1)
    return torch.minimum(ball, torch.hypot(around, along.clamp_(min=0)).sub_(0.13))


def _outside(a: Points, b: Points, c: Points) -> Points:
    """Return the distance to a box from the distances to its three pairs of faces."""
    inside = torch.maximum(a, torch.maximum(b, c)).clamp_(max=0)
    a, b, c = a.clamp_(min=0), b.clamp_(min=0), c.clamp_(min=0)
    return (a * a).addcmul_(b, b).addcmul_(c, c).sqrt_().add_(inside)


def _corner(a: Points, b: Points) -> Points:
    """Return the distance to a solid of revolution with flat ends from those to its side and its ends."""
    inside = torch.maximum(a, b).clamp_(max=0)
    return torch.hypot(a.clamp_(min=0), b.clamp_(min=0)).add_(inside)


SHAPES = (
    Shape("sphere", sphere, 0.8),
    Shape("box", box, 0.99),
    Shape("torus", torus, 0.98),
    Shape("cylinder", cylinder, 0.97),
    Shape("cone", cone, 0.985),
    Shape("capsule", capsule),
    Shape("octahedron", octahedron, 0.95),
    Shape("cross", cross, 0.985),
    Shape("ellipsoid", ellipsoid, 0.95),
    Shape("dumb-bell", dumbbell, 0.99),
)
