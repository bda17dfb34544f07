"""Curves over frames, with their spread over seeds."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .canvas import MARKERS, MOST_LINES, WIDE, Drawing, chosen, colours, drawn, reference
from .outcomes import CellOutcome, Evidence
from .statistics import Block, Estimate, Key, by_level, complete, estimate, within
from .table import Dimension, number, tick


class Curve(NamedTuple):
    """What one value of a setting comes to over time.

    Attributes:
        level: the value.
        points: means over seeds by frames seen, in order.
        calibrated: the accuracy before learning, a share; None if it is not known.
    """

    level: str
    points: Mapping[float, Estimate]
    calibrated: float | None


def curves(told: Evidence, dimension: Dimension | None, column: str) -> list[Curve]:
    """Return a curve for each value of a setting (at most eight), one for all cells without a setting.

    It is a mean over the same cells at every number of frames, those of the largest complete part of the study.
    """
    found = by_level(told, dimension)
    levels = dimension.levels if dimension else ("",)
    block = complete(found, levels)
    series = {key: over_frames(own, column) for key, own in found.items()}
    before = {key: over_frames(own, "calibrated") for key, own in found.items()}
    return [curve(level, block, series, before) for level in chosen(levels, MOST_LINES) if block.seeds]


def over_frames(outcomes: Sequence[CellOutcome], column: str) -> dict[float, float]:
    """Return the mean of cells that differ in nothing, by frames seen."""
    found: dict[float, list[float]] = {}
    for outcome in outcomes:
        for row in outcome.rows:
            frames, value = number(row["frames"]), number(row[column])
            if frames is not None and value is not None:
                found.setdefault(frames, []).append(value)
    return {frames: float(np.mean(values)) for frames, values in found.items()}


def curve(
    level: str, block: Block, series: Mapping[Key, Mapping[float, float]], before: Mapping[Key, Mapping[float, float]]
) -> Curve:
    """Return the curve of a *level* over the frames at which all its cells in a *block* were probed."""
    keys = [(level, context, seed) for seed in block.seeds for context in block.contexts]
    common = set.intersection(*(set(series[key]) for key in keys))
    points: dict[float, Estimate] = {}
    for frames in sorted(common):
        known = estimate(within({key: series[key][frames] for key in keys}, level, block))
        points |= {frames: known} if known else {}
    levels = [value for key in keys for value in before[key].values()]
    return Curve(level, points, float(np.mean(levels)) if levels else None)


def draw_curves(axes: Axes, found: Sequence[Curve], dimension: Dimension | None) -> None:
    """Draw curves with bands of one standard error."""
    shades = colours(dimension, len(found))
    for one, colour, marker in zip(found, shades, MARKERS, strict=False):
        frames = list(one.points)
        means = np.array([100 * known.mean for known in one.points.values()])
        errors = np.array([100 * (known.error or 0.0) for known in one.points.values()])
        if errors.any():
            axes.fill_between(frames, means - errors, means + errors, color=colour, alpha=0.15, linewidth=0)
        axes.plot(frames, means, color=colour, marker=marker, markersize=3.5, label=tick(one.level))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.set_xlabel("frames seen")


def learning_curves(told: Evidence, dimension: Dimension | None) -> Drawing | None:
    """Return the accuracy over frames for each value of a setting, or nothing if it was probed only once."""
    found = [one for one in curves(told, dimension, "accuracy") if len(one.points) > 1]
    if not found:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        draw_curves(axes, found, dimension)
        axes.set(ylabel="accuracy (%)", title=told.view.title)
        for one, colour in zip(found, colours(dimension, len(found)), strict=True):
            if one.calibrated is not None:
                axes.axhline(100 * one.calibrated, color=colour, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        reference(axes, 100 * chance(told), ":")
        if dimension:
            figure.legend(
                *axes.get_legend_handles_labels(), loc="outside right upper", title=dimension.label, alignment="left"
            )

    return drawn(draw, f"curves {told.view.words} {dimension.name if dimension else None}", WIDE, 65)


def chance(told: Evidence) -> float:
    """Return the mean level of chance, a share; 0 if it is not known."""
    return float(np.mean([outcome.last("chance") or 0.0 for outcome in told.outcomes]))
