"""What is gained against what it takes: bytes that are remembered, and frames that are seen."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from .canvas import MARKERS, MOST_LINES, ONE_COLUMN, TWO_COLUMNS, Drawing, chosen, colours, drawn, reference
from .curves import Curve, curves, draw_curves
from .outcomes import CellOutcome, Evidence, Point
from .statistics import Estimate, pooled
from .table import Dimension, tick

UNITS = ("B", "kB", "MB", "GB", "TB")


class Spot(NamedTuple):
    """Cells that remember equally much.

    Attributes:
        level: the value that marks them.
        size: bytes remembered.
        estimate: what they come to.
    """

    level: str
    size: float
    estimate: Estimate


def sizes(told: Evidence) -> dict[Point, float]:
    """Return the bytes that each combination of settings remembers, as far as they are known."""
    found: dict[Point, list[float]] = {}
    for outcome in told.outcomes:
        if (size := outcome.last("bytes_remembered")) is not None:
            found.setdefault(outcome.point, []).append(size)
    return {point: float(np.mean(own)) for point, own in found.items()}


def costly(found: Mapping[Point, float], index: int) -> bool:
    """Tell whether the bytes change with a dimension while all others stay."""
    groups: dict[Point, set[float]] = {}
    for point, size in found.items():
        groups.setdefault((*point[:index], *point[index + 1 :]), set()).add(size)
    return any(len(own) > 1 for own in groups.values())


def marking(told: Evidence) -> Dimension | None:
    """Return the setting by which points and curves are told apart: the first listed one that does not change them."""
    found = sizes(told)
    return next((one for i, one in enumerate(told.dimensions) if one in told.listed and not costly(found, i)), None)


def telling(told: Evidence, marks: Dimension | None) -> list[int]:
    """Return the places of the settings that tell points apart: what marks them, and what changes the bytes.

    In a random search no two cells differ in one setting only: a draw is a point of its own where bytes differ.
    """
    found = sizes(told)
    kept = [i for i, one in enumerate(told.dimensions) if one is marks or costly(found, i)]
    groups: dict[Point, set[float]] = {}
    for point, size in found.items():
        groups.setdefault(tuple(point[i] for i in kept), set()).add(size)
    if all(len(own) == 1 for own in groups.values()):
        return kept
    return sorted({*kept, *(i for i, one in enumerate(told.dimensions) if one.at_random)})


def spots(told: Evidence, marks: Dimension | None) -> list[Spot]:
    """Return what cells come to that have the same mark and agree in all that changes the bytes, in order of these."""
    found = sizes(told)
    kept = telling(told, marks)
    groups: dict[Point, list[CellOutcome]] = {}
    for outcome in told.outcomes:
        if outcome.point in found:
            groups.setdefault(tuple(outcome.point[i] for i in kept), []).append(outcome)
    made = (spot(told, marks, found, own) for own in groups.values())
    return sorted((one for one in made if one), key=lambda one: one.size)


def spot(
    told: Evidence, marks: Dimension | None, found: Mapping[Point, float], own: Sequence[CellOutcome]
) -> Spot | None:
    """Return what cells come to that remember equally much."""
    level = "" if marks is None else own[0].point[told.dimensions.index(marks)]
    known = pooled(told, own)
    return known and Spot(level, float(np.mean([found[outcome.point] for outcome in own])), known)


class Costs(NamedTuple):
    """What is gained, and what it takes.

    Attributes:
        spots: points over bytes, none if they do not vary.
        curves: over frames, none if there was but one evaluation.
        marks: what tells them apart.
        joined: whether points are joined, as one listed setting alone changes the bytes.
        by_draw: whether each draw of settings at random is a point of its own.
    """

    spots: Sequence[Spot]
    curves: Sequence[Curve]
    marks: Dimension | None
    joined: bool
    by_draw: bool

    @property
    def names(self) -> list[str]:
        """What is gained is shown against these."""
        return [*(["bytes remembered"] if self.spots else []), *(["frames seen"] if self.curves else [])]


def costs(told: Evidence) -> Costs:
    """Return what is measured against bytes and against frames, each if it varies."""
    marks = marking(told)
    found = spots(told, marks)
    found = found if len({one.size for one in found}) > 1 else []
    seen = [one for one in curves(told, marks, told.measure.column) if len(one.points) > 1]
    steps = [told.dimensions[i] for i in telling(told, marks) if told.dimensions[i] is not marks]
    by_draw = any(one.at_random for one in steps)
    return Costs(found, seen, marks, len(steps) == 1 and not by_draw, by_draw)


def cost_figure(told: Evidence, found: Costs) -> Drawing | None:
    """Return the figure of what is gained against what it takes, nothing if that does not vary."""
    panels = len(found.names)
    if not panels:
        return None

    def draw(figure: Figure) -> None:
        row = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
        if found.spots:
            draw_spots(row[0], found.spots, found.marks, found.joined)
        if found.curves:
            draw_curves(row[-1], found.curves, found.marks)
        row[0].set(ylabel=told.measure.words, title=told.view.title)
        for axes in row:
            reference(axes, 0.0, "-")
        legend(figure, row, found.marks)

    return drawn(draw, f"costs {told.view.words}", TWO_COLUMNS if panels > 1 else ONE_COLUMN + 25, 62)


def legend(figure: Figure, row: Sequence[Axes], dimension: Dimension | None) -> None:
    """Write what colours and markers stand for."""
    shown: dict[str, Artist] = {}
    for axes in row:
        handles, labels = axes.get_legend_handles_labels()
        shown = {**shown, **dict(zip(labels, handles, strict=True))}
    if dimension and shown:
        figure.legend(
            list(shown.values()), list(shown), loc="outside right upper", title=dimension.label, alignment="left"
        )


def draw_spots(axes: Axes, found: Sequence[Spot], marks: Dimension | None, joined: bool) -> None:
    """Draw what cells come to against their bytes, with standard errors over seeds."""
    levels = chosen(marks.levels, MOST_LINES) if marks else [""]
    places = sorted({one.size for one in found})
    shades = colours(marks, len(levels))
    for number, (level, colour, marker) in enumerate(zip(levels, shades, MARKERS, strict=False)):
        own = [one for one in found if one.level == level]
        errors = [100 * (one.estimate.error or 0.0) for one in own]
        axes.errorbar(
            [aside(one.size, places, number - (len(levels) - 1) / 2) for one in own],
            [100 * one.estimate.mean for one in own],
            errors if any(errors) else None,
            color=colour,
            marker=marker,
            linestyle="-" if joined else "none",
            label=tick(level),
        )
    name_sizes(axes, places)


def spread(places: Sequence[float]) -> bool:
    """Tell whether sizes, which are in order, are so far apart that their logarithms are shown."""
    return places[0] > 0 and places[-1] / places[0] >= 4


def aside(size: float, places: Sequence[float], steps: float) -> float:
    """Return *size* so many steps to the side, each a hundredth of the axis, so that error bars do not hide others."""
    if spread(places):
        return float(size * (places[-1] / places[0]) ** (0.01 * steps))
    return size + 0.01 * steps * (places[-1] - places[0])


def name_sizes(axes: Axes, places: Sequence[float]) -> None:
    """Write bytes in units at the axis, which is logarithmic where they are far apart."""
    if spread(places):
        axes.set_xscale("log")
    if len(places) <= 6:
        axes.xaxis.set_major_locator(NullLocator())
        axes.set_xticks(places, [in_units(size) for size in places])
    else:
        if spread(places):
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(lambda size, _: in_units(size))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("bytes remembered (all streams)")


def in_units(size: float) -> str:
    """Return bytes in a unit of a thousand, a million and so on, with three digits."""
    power = min(len(UNITS) - 1, max(0, (len(f"{size:.0f}") - 1) // 3))
    return f"{size / 1000**power:.3g} {UNITS[power]}"
