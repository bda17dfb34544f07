"""Charts of a report: curves with their place in the run on three axes, and their keys."""

from collections.abc import Sequence
from typing import Any

from streamsim.evaluation import Row

from .page import plot, text

GREY = "#8b949d"

MOST_POINTS = 300
"""A curve with more points is averaged in windows, so that the page stays light."""

Point = tuple[Row, float | None]
"""Where in the run, and the value there."""


def hues(layers: Sequence[str]) -> dict[str, str]:
    """Return a colour per layer, from teal at the bottom to magenta at the top; readable on light and on dark."""
    return {layer: f"hsl({178 + 140 * i / max(1, len(layers) - 1):.0f},52%,50%)" for i, layer in enumerate(layers)}


def curve(name: str, points: Sequence[Point], colour: str, streams: int, dash: str = "solid") -> dict[str, Any]:
    """Return a trace with its x on every axis."""
    kept = thinned(points)
    where = [row for row, _ in kept]
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
            "frames": [row["tick"] * streams for row in where],
            "saccades": [row["saccades"] for row in where],
            "seconds": [row["seconds"] for row in where],
        },
    }


def thinned(points: Sequence[Point]) -> list[Point]:
    """Return at most `MOST_POINTS` points, each the mean of as many and placed at the last of them."""
    size = -(-len(points) // MOST_POINTS)
    if size <= 1:
        return list(points)
    return [
        (some[-1][0], mean([v for _, v in some]))
        for some in (points[i : i + size] for i in range(0, len(points), size))
    ]


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of what is defined."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def chart(caption: str, curves: Sequence[dict[str, Any]], unit: str, **yaxis: Any) -> str:  # noqa: ANN401
    """Return a figure of curves, or nothing if no value is defined."""
    if not any(y is not None for c in curves for y in c["trace"]["y"]):
        return ""
    axes = {axis: [c["x"][axis] for c in curves] for axis in ("frames", "saccades", "seconds")}
    layout = {"yaxis": {"title": unit, "rangemode": "tozero", **yaxis}}
    return plot(caption, {"data": [c["trace"] for c in curves], "layout": layout, "axes": axes})


def level(name: str, value: float, like: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a dotted horizontal line as wide as the curves *like*."""
    x = {
        axis: [min(v for c in like for v in c["x"][axis]), max(v for c in like for v in c["x"][axis])]
        for axis in like[0]["x"]
    }
    line = {"color": GREY, "width": 1.2, "dash": "dot"}
    return {"trace": {"type": "scatter", "mode": "lines", "name": name, "y": [value, value], "line": line}, "x": x}


def legend(colours: dict[str, str], **other: str) -> str:
    """Return a key to the colours, and to kinds of lines (dash, dot); it serves all figures of a section."""
    keys = [("", colour, name) for name, colour in colours.items()] + [(kind, GREY, w) for kind, w in other.items()]
    items = (f'<span><i class="{kind}" style="border-color:{c}"></i>{text(words)}</span>' for kind, c, words in keys)
    return f'<div class="legend">{"".join(items)}</div>'


def capital(words: str) -> str:
    """Return *words* as the start of a sentence."""
    return words[:1].upper() + words[1:]


def percent(share: float | None) -> float | None:
    """Return *share* in percent."""
    return None if share is None else 100 * share


def scaled(value: float | None, factor: float) -> float | None:
    """Return *factor* times *value*."""
    return None if value is None else factor * value
