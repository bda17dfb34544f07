"""What is measured at the end: over one setting, which is a main effect, and over two, which is a map."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .canvas import GREY, NAMED, ONE_COLUMN, TWO_COLUMNS, WIDE, Drawing, drawn, lay_out, name_ticks, reference
from .effects import Effect, effects
from .outcomes import CellOutcome, Evidence
from .statistics import Estimate, pooled
from .table import Dimension

MOST_WORDS = 12
"""Fields are written into as long as there are no more of them side by side."""

MOST_FIELDS = 2_500
"""More of them make a figure that is slow to open."""

MOST_DOTS = 1_000
"""As are more dots than these; then they are drawn as a picture."""

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
            draw_effect(axes, told, found[dimension], 24 // across)
        for axes in panels.flat[len(shown) :]:
            axes.set_visible(False)
        for axes in panels[:, 0]:
            axes.set_ylabel(told.measure.words)
        for axes in panels.flat[: len(shown)]:
            reference(axes, 0.0, "-")
        panels[0, 0].set_title(told.view.title)

    width = (ONE_COLUMN, 130.0, TWO_COLUMNS)[across - 1]
    return drawn(draw, f"effects {told.view.words}", width, 8 + 52 * down)


def draw_effect(axes: Axes, told: Evidence, found: list[Effect], most: int) -> None:
    """Draw the means of a setting's values with their standard errors; numbers are joined by lines.

    Of a setting that was drawn at random every cell is a dot, and means are those of stretches.
    """
    dimension = found[0].dimension
    if dimension.at_random:
        draw_cells(axes, told, dimension)
    if not dimension.at_random or any(effect.estimate.cells > 1 for effect in found):
        draw_means(axes, dimension, found)
    lay_out(axes.xaxis, dimension, most)
    axes.set_xlabel(dimension.label)


def draw_means(axes: Axes, dimension: Dimension, found: list[Effect]) -> None:
    """Draw means with their standard errors, and from where to where numbers lie that are averaged."""
    means = np.array([100 * effect.estimate.mean for effect in found])
    errors = [100 * (effect.estimate.error or 0.0) for effect in found]
    line = "-" if dimension.ordered else "none"
    shown = errors if any(errors) else None
    axes.errorbar([effect.place for effect in found], means, shown, color=NAMED[0], marker="o", linestyle=line)
    ends = [effect.stretch and (effect.stretch.lowest, effect.stretch.highest) for effect in found]
    for mean, end in zip(means, ends, strict=True):
        if end and end[0] != end[1]:
            axes.hlines(mean, dimension.places[end[0]], dimension.places[end[1]], color=NAMED[0], linewidth=0.6)


def draw_cells(axes: Axes, told: Evidence, dimension: Dimension) -> None:
    """Draw each cell as a dot over the number that was drawn for it."""
    place = told.dimensions.index(dimension)
    heights = [(dimension.places[one.point[place]], one.last(told.measure.column)) for one in told.outcomes]
    known = [(x, 100 * y) for x, y in heights if y is not None]
    xs, ys = ([one[i] for one in known] for i in (0, 1))
    axes.scatter(xs, ys, s=7, color=GREY, alpha=0.45, linewidths=0, rasterized=len(known) > MOST_DOTS)


def fields(told: Evidence, across: Dimension, up: Dimension) -> dict[tuple[int, int], Estimate]:
    """Return the mean over seeds, and over all other settings, by the places of the levels of two settings."""
    x, y = told.dimensions.index(across), told.dimensions.index(up)
    cells: dict[tuple[int, int], list[CellOutcome]] = {}
    for outcome in told.outcomes:
        key = up.levels.index(outcome.point[y]), across.levels.index(outcome.point[x])
        cells.setdefault(key, []).append(outcome)
    found = {key: pooled(told, own) for key, own in cells.items()}
    return {key: own for key, own in found.items() if own}


def map_of(told: Evidence, across: Dimension, up: Dimension) -> Drawing:
    """Return the map of two settings: fields, or dots where values were drawn at random and lie anywhere."""
    if across.at_random or up.at_random:
        return dots(told, *((up, across) if up.scaled and not across.scaled else (across, up)))
    return heat_map(told, across, up)


def dots(told: Evidence, across: Dimension, up: Dimension) -> Drawing:
    """Return the map of two settings of which one at least was drawn at random."""
    found = fields(told, across, up)
    xs = [across.places[across.levels[x]] for _, x in found]
    ys = [up.places[up.levels[y]] for y, _ in found]
    means = [100 * known.mean for known in found.values()]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        many = len(found) > MOST_DOTS
        shown = axes.scatter(
            xs, ys, c=means, cmap="cividis", s=26, edgecolors=GREY, linewidths=0.4, zorder=3, rasterized=many
        )
        figure.colorbar(shown, ax=axes, label=told.measure.words).outline.set_visible(False)
        lay_out(axes.xaxis, across, MOST_TICKS // 2)
        lay_out(axes.yaxis, up, MOST_TICKS)
        axes.set(xlabel=across.label, ylabel=up.label, title=told.view.title)

    height = 65.0 if up.scaled else min(180.0, max(55.0, 30 + 7 * len(up.levels)))
    return drawn(draw, f"map {told.view.words} {across.name} {up.name}", WIDE, height)


def heat_map(told: Evidence, across: Dimension, up: Dimension) -> Drawing:
    """Return the map of two settings with listed values; nothing is drawn where no cell is finished."""
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
