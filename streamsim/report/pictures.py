"""Pictures of a report: the stream, first-layer filters, what drives a unit."""

from collections import Counter
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from markupsafe import Markup
from torch import Tensor

from streamsim.instruments import Film

from .data import Examples, RunData
from .embedding import KINSHIP
from .images import bytes_of, channels_last, image, is_picture, mosaic
from .page import note, piece, section
from .tables import who_sees_labels

UNITS, BEST, FILTERS = 8, 5, 64

FRAME = 48
"""Width of a frame of the film strip on the page, in pixels."""


def strips(data: RunData) -> Markup:
    """Return the first and last frames of a few streams, one fixation after the other."""
    films = [film for film in data.films if is_picture(film.frame.shape[2:])]
    if not films:
        return Markup()
    parts = [
        piece(
            "film",
            title=f"{film.name} ticks of the run: {film.tick[0]} to {film.tick[-1]}",
            streams=[strip(film, stream) for stream in range(film.frame.shape[1])],
        )
        for film in films
        if len(film.tick)
    ]
    period = films[0].facts["period"]
    words = (
        f"One row per stream, one frame every {period:g} s. A bar marks a saccade: the gaze turns to another thing, "
        "and the agent is told by one bit. An open dot marks a saccade that the agent was not told of, a filled dot "
        f"one that it was told of wrongly or late.{who_sees_labels(data)}"
    )
    return section("What the agent saw", *parts, note(words))


def strip(film: Film, stream: int) -> Markup:
    """Return one stream, a group of frames per fixation."""
    starts = sorted({0, *np.flatnonzero(film.saccade[:, stream]).tolist()})
    return piece("strip", fixations=[fixation(film, stream, a, b) for a, b in pairwise([*starts, len(film.tick)])])


def fixation(film: Film, stream: int, start: int, end: int) -> tuple[bool, int, str, list[tuple[str, Markup]]]:
    """Return the frames from *start* to before *end*, as the piece "strip" has them.

    Returns:
        whether the film begins in the middle of the fixation, its width on the page in pixels, what it shows, and its
        frames, each with the error of the bit that came with it.
    """
    scale = FRAME / film.frame.shape[-1]
    frames = [
        (bit_error(film, tick, stream), image(channels_last(film.frame[tick, stream]), scale))
        for tick in range(start, end)
    ]
    label = film.label[start, stream]
    name = film.facts["classes"][label] if label >= 0 else "\N{NO-BREAK SPACE}"
    return not film.saccade[start, stream], (end - start) * (FRAME + 1), name, frames


def bit_error(film: Film, tick: int, stream: int) -> str:
    """Return whether the agent "missed" a saccade or was told a "false" one; nothing where the bit was right."""
    moved, told = film.saccade[tick, stream], film.received[tick, stream]
    return "missed" if moved and not told else "false" if told and not moved else ""


def filters(data: RunData) -> Markup:
    """Return the first layer's weights as drawn and after learning, and their change."""
    shown = {name: data.pathway.agent.filters(state) for name, state in data.states.items()} if data.pathway else {}
    weights = {name: weight for name, weight in shown.items() if weight is not None}
    if not weights:
        return Markup()
    change = weights["learned"] - weights["drawn"]
    share = float(change.norm() / weights["drawn"].norm().clamp(min=1e-12))
    sheets = {**weights, f"change ({100 * share:.1f} % of the first weights' length)": change}
    tiles = [(name, image(weights_sheet(weight), 4, name)) for name, weight in sheets.items()]
    words = (
        f"Weights of the first layer{f', the first {FILTERS} units' if len(change) > FILTERS else ''}; each filter is "
        "scaled to its own largest weight, mid-grey is zero. Same unit, same place."
    )
    return section("First-layer filters", piece("tiles", items=tiles), note(words))


def weights_sheet(weight: Float[Tensor, "units channels height width"]) -> np.ndarray:
    """Return filters side by side; with other than one or three channels their mean over channels."""
    weight = weight[:FILTERS].detach().cpu().float()
    weight = weight if weight.shape[1] in (1, 3) else weight.mean(1, keepdim=True)
    peak = weight.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    tiles = np.repeat(np.repeat(bytes_of(weight / peak, -1, 1), 2, 2), 2, 3)
    return mosaic(tiles, 8, gap=2)


def preferred(data: RunData) -> Markup:
    """Return for some units of every layer the labelled frames that drive them most."""
    if not data.examples or not is_picture(tuple(data.examples["learned"].frames.shape[1:])):
        return Markup()
    assert data.pathway is not None
    sensor = data.pathway.environment.sensor
    after, before = data.examples["learned"], data.examples["drawn"]
    tiles = []
    for layer in after.activity:
        units = alive(after.activity[layer])
        if len(units) == 0:
            continue
        some = units[torch.linspace(0, len(units) - 1, min(UNITS, len(units))).long()]
        best = strongest(after.activity[layer][:, some], BEST)
        frames = bytes_of(after.frames[best.flatten()], sensor.low, sensor.high)
        sheet = image(mosaic(frames, len(some)), 30 / frames.shape[-1], f"preferred stimuli of {layer}")
        purity = f"{agreement(before, layer):.0f} % → {agreement(after, layer):.0f} %"
        tiles.append((f"{layer} · same class {purity}", sheet))
    words = (
        f"A column per unit, {UNITS} units evenly spaced among those that are not constant; from the top the {BEST} of "
        f"{len(after.frames):,} labelled test frames to which it responds most at any position. Same class: how many "
        "of these best frames belong to their commonest class, mean over all units, as drawn → after learning."
        f"{KINSHIP if after.recorded else ''}"
    )
    return section("What units prefer", piece("tiles", items=tiles), note(words)) if tiles else Markup()


def alive(activity: Float[Tensor, "n units"]) -> Int[Tensor, " alive"]:
    """Return the units that tell frames apart."""
    return torch.nonzero(activity.amax(0) > activity.amin(0))[:, 0]


def strongest(activity: Float[Tensor, "n units"], count: int) -> Int[Tensor, "count units"]:
    """Return the frames that drive every unit most."""
    return activity.topk(min(count, len(activity)), 0).indices


def agreement(examples: Examples, layer: str) -> float:
    """Return the mean share, in percent, of the commonest class among the best frames of every unit that is alive."""
    activity = examples.activity[layer]
    labels = examples.labels[strongest(activity[:, alive(activity)], BEST)]
    shares = [Counter(column).most_common(1)[0][1] / len(column) for column in labels.T.tolist()]
    return 100 * sum(shares) / len(shares) if shares else float("nan")
