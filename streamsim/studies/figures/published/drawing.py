"""The figures of a published table: accuracy layer by layer, and loss over training, a line for each row."""

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from streamsim.studies.figures.canvas import GREY, MARKERS, NAMED, TWO_COLUMNS, WIDE, Drawing, drawn, name_ticks
from streamsim.studies.figures.table import cut, tick

from .result import Reproduction, RowResult, spread

ACROSS = 3
"""Panels side by side."""

STYLES = ("-", "--", ":")
"""Lines of the first, second and third eight rows of a panel."""

Draw = Callable[[Axes, Sequence[RowResult]], None]


def by_layer(told: Reproduction) -> Drawing | None:
    """Return the accuracy of each layer, a panel a heading and a line a row; nothing if networks have one layer."""
    groups = {name: [row for row in rows if len(row.layers) > 1] for name, rows in told.groups.items()}
    return panels(told, groups, draw_layers, "accuracy (%)", "layers")


def losses(told: Reproduction) -> Drawing | None:
    """Return the loss over the frames seen, a panel a heading and a line a row; nothing if none was written down."""
    groups = {name: [row for row in rows if len(row.loss) > 1] for name, rows in told.groups.items()}
    return panels(told, groups, draw_losses, "loss", "loss")


def panels(told: Reproduction, groups: dict[str, list[RowResult]], draw: Draw, words: str, name: str) -> Drawing | None:
    """Return a figure with a panel for each of the *groups* that has any rows, nothing if none has."""
    shown = {heading: rows for heading, rows in groups.items() if rows}
    if not shown:
        return None
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)

    def fill(figure: Figure) -> None:
        grid = figure.subplots(down, across, sharey=True, squeeze=False)
        for axes, (heading, rows) in zip(grid.flat, shown.items(), strict=False):
            draw(axes, rows)
            axes.set_title(tick(cut(heading, 34)))
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2, handlelength=1.6, columnspacing=1.0)
        for axes in grid.flat[len(shown) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel(words)

    most = max(len(rows) for rows in shown.values())
    height = down * (58 + 4.2 * -(-most // 2))
    return drawn(fill, f"{name} {told.name}", TWO_COLUMNS if across > 1 else WIDE, height)


def style(number: int) -> dict[str, Any]:
    """Return how the line of the row of a *number* looks."""
    eight = len(NAMED)
    return {
        "color": NAMED[number % eight],
        "marker": MARKERS[number % eight],
        "linestyle": STYLES[number // eight % len(STYLES)],
    }


def draw_layers(axes: Axes, rows: Sequence[RowResult]) -> None:
    """Draw the accuracy of each layer with deviations over seeds; a dash at the right is what was published."""
    layers = max((list(row.layers) for row in rows), key=len)
    for number, row in enumerate(rows):
        found = [known for values in row.layers.values() if (known := spread(values))]
        places = range(len(layers) - len(found), len(layers))
        errors = [known.deviation or 0.0 for known in found]
        means = [known.mean for known in found]
        axes.errorbar(places, means, errors if any(errors) else None, label=tick(row.label), **style(number))
        if row.published is not None:
            axes.hlines(row.published, len(layers) - 0.75, len(layers) - 0.45, color=NAMED[number % len(NAMED)])
    name_ticks(axes.xaxis, layers, 8)
    axes.axhline(rows[0].chance, color=GREY, linewidth=0.7, linestyle=":", zorder=0)


def draw_losses(axes: Axes, rows: Sequence[RowResult]) -> None:
    """Draw the loss over the frames seen."""
    for number, row in enumerate(rows):
        look = {**style(number), "marker": "none"}
        axes.plot(list(row.loss), list(row.loss.values()), label=tick(row.label), linewidth=0.9, **look)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.set_xlabel("frames seen")
