"""A figure as SVG and as PDF: of the width of a column, the same bytes whenever it is drawn, whoever draws it."""

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Locator, LogLocator, MaxNLocator, NullFormatter

from .table import APART, Dimension, tick

ONE_COLUMN, WIDE, TWO_COLUMNS = 85.0, 120.0, 180.0
"""Widths of figures in mm."""

INCH = 25.4

GREY = "#6b6b6b"

NAMED = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6BB1")
"""Colours that colour-blind readers can tell apart (Okabe & Ito 2008), for values without an order."""

MARKERS = "osD^vP*X"

MOST_LINES = len(MARKERS)
"""More lines nobody can tell apart."""

LOOK: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that all machines draw alike
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "errorbar.capsize": 2,
    "text.parse_math": False,  # a $ in a name is a $
    "svg.fonttype": "none",  # text stays text, which can be searched and edited
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class Drawing:
    """A figure that is drawn.

    Args:
        svg: it as SVG.
        pdf: it as PDF, with its fonts.
        width: in mm.
    """

    svg: str
    pdf: bytes
    width: float


@contextmanager
def looking(salt: str) -> Iterator[None]:
    """Draw with our look alone, whatever the user's matplotlibrc says; signs that the font lacks are no news."""
    with warnings.catch_warnings(), matplotlib.style.context(["default", {**LOOK, "svg.hashsalt": salt}]):
        warnings.filterwarnings("ignore", message="Glyph|.*missing from (current )?font", category=UserWarning)
        yield


def drawn(draw: Callable[[Figure], None], name: str, width: float, height: float) -> Drawing:
    """Return what *draw* puts into a figure of a size in mm.

    Its *name* keeps the marks by which its parts refer to each other apart from those of other figures of the page.
    """
    with looking(name):
        figure = Figure(figsize=(width / INCH, height / INCH), layout="constrained")
        draw(figure)
        svg, pdf = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.set_layout_engine("none")  # everything has its place by now
        figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    text = svg.getvalue().decode()
    return Drawing(text[text.index("<svg") :], pdf.getvalue(), width)


def colours(dimension: Dimension | None, count: int) -> list[Any]:
    """Return so many colours: shades from dark to light for numbers, different ones for names."""
    if count == 1 or dimension is None:
        return [NAMED[0]] * count
    if dimension.ordered or count > len(NAMED):
        return [mpl.colormaps["viridis"](0.9 * i / (count - 1)) for i in range(count)]
    return list(NAMED[:count])


def chosen(levels: Sequence[str], most: int) -> list[str]:
    """Return at most so many of *levels*, evenly spaced from the first to the last."""
    if len(levels) <= most:
        return list(levels)
    return [levels[round(i * (len(levels) - 1) / (most - 1))] for i in range(most)]


def name_ticks(axis: Any, levels: Sequence[str], most: int) -> None:  # noqa: ANN401
    """Write *levels* at an axis, as many as there is room for, and slanting where they are long."""
    shown = chosen(levels, most)
    places = [levels.index(level) for level in shown]
    slant = axis.axis_name == "x" and max(map(len, shown)) > 44 / len(shown)
    style: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if slant else {}
    axis.set_ticks(places, [tick(level) for level in shown], **style)


def lay_out(axis: Any, dimension: Dimension, most: int) -> None:  # noqa: ANN401
    """Prepare an axis for a setting: names one beside the other, numbers that were drawn where they belong."""
    if not dimension.scaled:
        name_ticks(axis, dimension.levels, most)
        axis.axes.set(**{f"{axis.axis_name}lim": (-0.5, len(dimension.levels) - 0.5)})
        return
    if dimension.logarithmic:
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_locator(locator(dimension))
    axis.set_major_formatter(lambda number, _: f"{number:.6g}")
    axis.set_minor_formatter(NullFormatter())


def locator(dimension: Dimension) -> Locator:
    """Return what finds round numbers to write at an axis on which numbers stand where they belong."""
    numbers = list(dimension.places.values())
    if dimension.logarithmic:
        return LogLocator(subs=(1.0,) if numbers[-1] / numbers[0] > APART else (1.0, 2.0, 5.0))
    return MaxNLocator(5, steps=[1, 2, 5, 10], integer=all(number.is_integer() for number in numbers))


def reference(axes: Axes, height: float, style: str) -> None:
    """Draw a level line where it lies within what is shown; the curves keep all of the room."""
    low, high = axes.get_ylim()
    if low <= height <= high:
        axes.axhline(height, color=GREY, linewidth=0.7, linestyle=style, zorder=0)
        axes.set_ylim(low, high)
