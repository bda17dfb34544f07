"""Sphere tracing of one solid a stream, many streams at once."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from .motion import Pose
from .shapes import SHAPES, Distance

STEPS = (3, 3, 4, 8, 16)  # marching steps; after each stage the rays that have met or missed their solid are left out

REACHED = 0.03  # a ray has met its solid when it is this share of a pixel away

AMBIENT, DIFFUSE, SHINE, GLOSS = 0.4, 0.6, 0.3, 12

_GEOMETRY = 16  # rows of a stream's table before light and colour

_CORNERS = torch.tensor([[1.0, -1.0, -1.0, 1.0], [-1.0, -1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, 1.0]])  # of a tetrahedron


def render(kind: Int[Tensor, " streams"], view: Pose, size: int) -> Float[Tensor, "streams 3 {size} {size}"]:
    """Return pictures in [0, 1] of a solid of class *kind* in every stream.

    Each class's rays are traced with its own distance function, and only those that may meet their solid. A pixel's
    share of the solid is read off the smallest distance that its ray comes to it, so that edges are soft and move
    smoothly.
    """
    stream, pixel = _candidates(kind, view, size)
    counts = torch.bincount(kind[stream], minlength=len(SHAPES)).tolist()
    table, picture = _table(kind, view, size), _background(view, size)
    grid = torch.stack(torch.meshgrid(*_grid(size), indexing="xy")).flatten(1)
    for shape, owner, place in zip(SHAPES, *(torch.split(index, counts) for index in (stream, pixel)), strict=True):
        if len(owner):  # few streams show few classes
            _draw(shape.distance, table, grid, owner, place, picture)
    return picture.view(-1, 3, size, size)


def _draw(distance: Distance, table: Tensor, grid: Tensor, stream: Tensor, pixel: Tensor, picture: Tensor) -> None:
    """Trace the rays of one class of solids, and lay their colours over the picture."""
    entries = _enter(table[:_GEOMETRY].index_select(1, stream), grid.index_select(1, pixel))
    least, nearest = _march(distance, entries, _stages(picture.shape[2]))
    share = (1 + REACHED - least / entries[8]).clamp_(0, 1)
    seen = (share > 0).nonzero().squeeze(1)
    stream, pixel, share = stream[seen], pixel[seen], share[seen]
    normal = _normal(distance, entries.index_select(1, seen), nearest[seen])
    _blend(picture, stream, pixel, share, _shade(normal, table[_GEOMETRY:].index_select(1, stream)))


def _candidates(kind: Tensor, view: Pose, size: int) -> tuple[Tensor, Tensor]:
    """Return stream and pixel of every ray that crosses its solid's bounding sphere, class after class."""
    order = torch.argsort(kind, stable=True)
    across, up = _grid(size)
    x, y = (across - view.centre[:, :1]).square(), (up - view.centre[:, 1:]).square()
    reach = (_radius(kind) * view.scale + 1 / size).square()
    near = x[:, None, :] + y[:, :, None] < reach[:, None, None]
    row, pixel = near.flatten(1)[order].nonzero(as_tuple=True)
    return order[row], pixel


def _radius(kind: Tensor) -> Tensor:
    return torch.tensor([shape.radius for shape in SHAPES])[kind]


def _grid(size: int) -> tuple[Tensor, Tensor]:
    """Return the middles of a picture's columns, from the left, and of its rows, from the top."""
    across = (torch.arange(size) + 0.5) * (2 / size) - 1
    return across, -across


def _table(kind: Tensor, view: Pose, size: int) -> Float[Tensor, "rows streams"]:
    """Return what the rays of each stream need, in one block so that it moves to the device at once."""
    gloss = normalize(view.light + torch.tensor([0.0, 0.0, 1.0]), dim=1)
    lamps = torch.stack([view.light, gloss], 1) @ view.rotation
    width = 2 / size / view.scale
    geometry = (view.rotation.flatten(1), view.centre, view.scale[:, None], _radius(kind)[:, None], view.proportions)
    return torch.cat([*geometry, width[:, None], lamps.flatten(1), view.colour], 1).T.contiguous()


def _enter(rays: Tensor, place: Float[Tensor, "2 rays"]) -> Float[Tensor, "10 rays"]:
    """Return where rays enter the bounding sphere, their direction, the solid's shape, and how far they go.

    Lengths are in the solid's own unit and axes; *place* is where they cross the picture.
    """
    rotation, centre, scale, radius, shape = torch.split(rays, [9, 2, 1, 1, 3])
    x, y = (place - centre).div_(scale)
    z = (radius[0].square() - x * x).addcmul_(y, y, value=-1).clamp_(min=0).sqrt_()
    start = (x * rotation[0:3]).addcmul_(y, rotation[3:6]).addcmul_(z, rotation[6:9])
    return torch.cat([start, -rotation[6:9], shape, 2 * z[None]])


def _stages(pixels: int) -> tuple[int, ...]:
    """Return the stages for pictures of so many pixels: the finer, the more rays graze their solid."""
    return STEPS[: 3 if pixels <= 32 * 32 else 4 if pixels <= 64 * 64 else 5]


def _march(distance: Distance, rays: Float[Tensor, "10 rays"], stages: tuple[int, ...]) -> Float[Tensor, "2 rays"]:
    """Return the least distance that each ray comes to its solid, grown by half a pixel, and how far along that is."""
    walk = torch.zeros_like(rays[:3])  # least distance, where it was, how far the ray has gone
    walk[0] = 1e9
    walk = _advance(distance, rays, walk, stages[0])
    for steps in stages[1:]:
        live = ((walk[0] > REACHED * rays[8]) & (walk[2] < rays[9])).nonzero().squeeze(1)
        walk.index_copy_(1, live, _advance(distance, rays.index_select(1, live), walk.index_select(1, live), steps))
    return walk[:2]


def _advance(distance: Distance, rays: Tensor, walk: Float[Tensor, "3 rays"], steps: int) -> Float[Tensor, "3 rays"]:
    """Return least distance, its place and the length of rays after some steps, each as long as the free distance."""
    least, nearest, far = walk.unbind()
    p, q, width = rays[6:9].unbind()
    for _ in range(steps):
        x, y, z = _at(rays, far).unbind()
        gap = distance(x, y, z, p, q).add_(width, alpha=0.5)
        nearest = torch.where(gap < least, far, nearest)
        least, far = torch.minimum(gap, least), gap.add_(far)
    return torch.stack([least, nearest, far])


def _at(rays: Float[Tensor, "10 rays"], far: Float[Tensor, " rays"]) -> Float[Tensor, "3 rays"]:
    """Return the points so *far* along the rays."""
    return torch.addcmul(rays[0:3], far, rays[3:6])


def _normal(distance: Distance, rays: Tensor, far: Tensor) -> Float[Tensor, "3 rays"]:
    """Return the gradient of the distance, from its values at the corners of a tetrahedron of half a pixel."""
    count, reach = rays.shape[1], 0.25 * rays[8]
    x, y, z = (_at(rays, far)[:, None] + _CORNERS[:, :, None] * reach).flatten(1)
    p, q = rays[6:8].repeat(1, 4)
    gaps = distance(x, y, z, p, q).view(4, count)
    slope = _CORNERS @ gaps
    return slope.div_(slope.square().sum(0).sqrt_().clamp_(min=1e-12))


def _shade(normal: Float[Tensor, "3 rays"], lamps: Float[Tensor, "9 rays"]) -> Float[Tensor, "3 rays"]:
    """Return the colour of a surface under ambient and direct light, with a soft highlight (Blinn and Phong)."""
    light, gloss, colour = lamps[0:3], lamps[3:6], lamps[6:9]
    direct = (normal * light).sum(0).clamp_(min=0)
    shine = (normal * gloss).sum(0).clamp_(min=0).pow(GLOSS)
    return (colour * (AMBIENT + DIFFUSE * direct) + SHINE * shine).clamp_(max=1)


def _background(view: Pose, size: int) -> Float[Tensor, "streams 3 pixels"]:
    """Return the backgrounds, a little brighter towards one side."""
    across, up = _grid(size)
    slope = 1 + view.tilt[:, :1, None] * across + view.tilt[:, 1:, None] * up[:, None]
    return view.ground[:, :, None] * slope.flatten(1)[:, None]


def _blend(picture: Tensor, stream: Tensor, pixel: Tensor, share: Tensor, colour: Tensor) -> None:
    """Lay each ray's colour over its pixel."""
    channels, count = picture.shape[1:]
    place = (stream * (channels * count) + pixel + count * torch.arange(channels)[:, None]).flatten()
    flat = picture.view(-1)
    flat.scatter_(0, place, torch.lerp(flat.gather(0, place), colour.flatten(), share.repeat(channels)))
