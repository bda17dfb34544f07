"""Charts of a report: curves with their place in the run on three axes, and their legends."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from streamsim.evaluation import Row

from .page import legend, plot

GREY = "#8b949d"

MOST_POINTS = 300
"""A curve with more points is averaged in windows, so that the page stays light."""

Measurement = tuple[Row, float | None]
"""A row, which says where in the run, and the value there."""


class Mark(NamedTuple):
    """A moment of a run that every curve shows.

    Attributes:
        seconds: simulated time.
        words: what happened.
    """

    seconds: float
    words: str


def layer_colours(layers: Sequence[str]) -> dict[str, str]:
    """Return a colour per layer, from teal at the bottom to magenta at the top; readable on light and on dark."""
    return {layer: f"hsl({178 + 140 * i / max(1, len(layers) - 1):.0f},52%,50%)" for i, layer in enumerate(layers)}


def curve(name: str, measured: Sequence[Measurement], colour: str, streams: int, dash: str = "solid") -> dict[str, Any]:
    """Return a trace with its x on every axis."""
    kept = thinned(measured)
    rows = [row for row, _ in kept]
    style = {"color": colour, "width": 2 if dash == "solid" else 1.4, "dash": dash}
    mode = "lines+markers" if len(kept) <= 40 and dash == "solid" else "lines"
    return {
        "trace": {
            "type": "scatter",
            "mode": mode,
            "name": name,
            "y": [None if value is None else float(f"{value:.5g}") for _, value in kept],
            "line": style,
            "marker": {"size": 5},
        },
        "x": {
            "frames": [row["tick"] * streams for row in rows],
            "saccades": [row["saccades"] for row in rows],
            "seconds": [row["seconds"] for row in rows],
        },
    }


def thinned(measured: Sequence[Measurement]) -> list[Measurement]:
    """Return at most `MOST_POINTS` values, each the mean of as many and placed at the last of them."""
    size = -(-len(measured) // MOST_POINTS)
    if size <= 1:
        return list(measured)
    return [
        (window[-1][0], mean([value for _, value in window]))
        for window in (measured[i : i + size] for i in range(0, len(measured), size))
    ]


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of what is defined."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def chart(
    caption: str,
    curves: Sequence[dict[str, Any]],
    unit: str,
    own_legend: Markup | None = None,
    marks: Sequence[Mark] = (),
    **yaxis: Any,  # noqa: ANN401
) -> Markup:
    """Return a figure of curves, with a legend of its own if it has one, or nothing if no value is defined."""
    values = [y for c in curves for y in c["trace"]["y"] if y is not None]
    if not values:
        return Markup()
    curves = [*curves, *(vertical_line(mark, curves[0]["x"], (min(values), max(values))) for mark in marks)]
    axes = {axis: [c["x"][axis] for c in curves] for axis in ("frames", "saccades", "seconds")}
    layout = {"yaxis": {"title": unit, "rangemode": "tozero", **yaxis}}
    return plot(caption, {"data": [c["trace"] for c in curves], "layout": layout, "axes": axes}, own_legend)


def vertical_line(mark: Mark, x: dict[str, list[float]], height: tuple[float, float]) -> dict[str, Any]:
    """Return a dashed vertical line at a moment of the run, as high as the curves, whose places on all axes are *x*."""
    places = {axis: [float(np.interp(mark.seconds, x["seconds"], own))] * 2 for axis, own in x.items()}
    line = {"color": GREY, "width": 1.4, "dash": "dash"}
    trace = {"type": "scatter", "mode": "lines", "name": mark.words, "y": list(height), "line": line}
    return {"trace": trace, "x": places}


def horizontal_line(name: str, value: float, like: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a dotted horizontal line as wide as the curves *like*."""
    x = {
        axis: [min(v for c in like for v in c["x"][axis]), max(v for c in like for v in c["x"][axis])]
        for axis in like[0]["x"]
    }
    line = {"color": GREY, "width": 1.2, "dash": "dot"}
    return {"trace": {"type": "scatter", "mode": "lines", "name": name, "y": [value, value], "line": line}, "x": x}


def line_legend(colours: dict[str, str], **lines: str) -> Markup:
    """Return a legend of the colours, and of kinds of lines (dash, dot); it serves all figures of a section."""
    solid = [("", colour, name) for name, colour in colours.items()]
    return legend([*solid, *((kind, GREY, words) for kind, words in lines.items())])


def capitalised(words: str) -> str:
    """Return *words* as the start of a sentence."""
    return words[:1].upper() + words[1:]


def percent(share: float | None) -> float | None:
    """Return *share* in percent."""
    return None if share is None else 100 * share


def scaled(value: float | None, factor: float) -> float | None:
    """Return *factor* times *value*."""
    return None if value is None else factor * value
