"""What is measured at the end: over one setting, which is a main effect, and over two, which is a heat map."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .canvas import GREY, NAMED, ONE_COLUMN, TWO_COLUMNS, Drawing, drawn, name_ticks, reference
from .dimensions import Dimension
from .outcomes import CellOutcome, Evidence
from .statistics import Effect, Estimate, effects, pooled

MOST_WORDS = 12
"""Fields are written into as long as there are no more of them side by side."""

MOST_FIELDS = 2_500
"""More of them make a figure that is slow to open."""

MOST_TICKS = 16

ACROSS = 3
"""Panels side by side."""

MOST_PANELS = 12


def effect_figure(told: Evidence) -> Drawing | None:
    """Return a panel for each setting, with one axis for all of them; nothing if there is no effect to show."""
    found: dict[Dimension, list[Effect]] = {}
    for effect in effects(told):
        found.setdefault(effect.dimension, []).append(effect)
    shown = list(found)[:MOST_PANELS]
    if not shown:
        return None
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(down, across, sharey=True, squeeze=False)
        for axes, dimension in zip(panels.flat, shown, strict=False):
            draw_effect(axes, found[dimension], 24 // across)
        for axes in panels.flat[len(shown) :]:
            axes.set_visible(False)
        for axes in panels[:, 0]:
            axes.set_ylabel(told.measure.words)
        for axes in panels.flat[: len(shown)]:
            reference(axes, 0.0, "-")
        panels[0, 0].set_title(told.view.title)

    width = (ONE_COLUMN, 130.0, TWO_COLUMNS)[across - 1]
    return drawn(draw, f"effects {told.view.words}", width, 8 + 52 * down)


def draw_effect(axes: Axes, found: list[Effect], most: int) -> None:
    """Draw the means of a setting's values with their standard errors; numbers are joined by lines."""
    dimension = found[0].dimension
    means = np.array([100 * effect.estimate.mean for effect in found])
    errors = [100 * (effect.estimate.error or 0.0) for effect in found]
    line = "-" if dimension.ordered else "none"
    axes.errorbar(range(len(found)), means, errors if any(errors) else None, color=NAMED[0], marker="o", linestyle=line)
    name_ticks(axes.xaxis, [effect.level for effect in found], most)
    axes.set_xlim(-0.5, len(found) - 0.5)
    axes.set_xlabel(dimension.label)


def fields(told: Evidence, across: Dimension, up: Dimension) -> dict[tuple[int, int], Estimate]:
    """Return the mean over seeds, and over all other settings, by the places of the levels of two settings."""
    x, y = told.dimensions.index(across), told.dimensions.index(up)
    cells: dict[tuple[int, int], list[CellOutcome]] = {}
    for outcome in told.outcomes:
        key = up.levels.index(outcome.point[y]), across.levels.index(outcome.point[x])
        cells.setdefault(key, []).append(outcome)
    found = {key: pooled(told, own) for key, own in cells.items()}
    return {key: own for key, own in found.items() if own}


def heat_map(told: Evidence, across: Dimension, up: Dimension) -> Drawing:
    """Return the map of two settings; nothing is drawn where no cell is finished."""
    found = fields(told, across, up)
    rows, columns = len(up.levels), len(across.levels)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        grid = np.full((rows, columns), np.nan)
        for key, known in found.items():
            grid[key] = 100 * known.mean
        # fields, not an image, which some programs blur
        many = grid.size > MOST_FIELDS
        style: dict[str, Any] = {} if many else {"edgecolors": "white", "linewidth": 0.6}
        image = axes.pcolormesh(range(columns), range(rows), grid, cmap="cividis", rasterized=many, **style)
        figure.colorbar(image, ax=axes, label=told.measure.words).outline.set_visible(False)
        name_ticks(axes.xaxis, across.levels, MOST_TICKS)
        name_ticks(axes.yaxis, up.levels, MOST_TICKS)
        axes.set(xlabel=across.label, ylabel=up.label, title=told.view.title)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        if max(grid.shape) <= MOST_WORDS:
            write(axes, told, found, grid)

    width = ONE_COLUMN if columns <= 4 else min(TWO_COLUMNS, 37 + 13 * columns)
    name = f"map {told.view.words} {across.name} {up.name}"
    return drawn(draw, name, width, min(180.0, max(55.0, 24 + 10 * rows)))


def write(axes: Axes, told: Evidence, found: dict[tuple[int, int], Estimate], grid: np.ndarray) -> None:
    """Write the mean into each field and its standard error below, a dash where there is none."""
    most = max(known.cells for known in found.values())
    middle = (np.nanmin(grid) + np.nanmax(grid)) / 2
    for row, column in np.ndindex(grid.shape):
        known = found.get((row, column))
        light = known is not None and 100 * known.mean < middle
        colour = GREY if known is None else "white" if light else "black"
        star = "*" if known is not None and known.cells < most else ""
        axes.text(column, row, words(told, known, star), color=colour, ha="center", va="center", fontsize=6.5)


def words(told: Evidence, known: Estimate | None, star: str) -> str:
    """Return what is written into a field."""
    if known is None:
        return "\N{EN DASH}"
    error = "" if known.error is None else f"\n\N{PLUS-MINUS SIGN}{100 * known.error:.1f}"
    return told.measure.text(known.mean) + star + error
