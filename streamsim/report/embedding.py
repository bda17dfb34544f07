"""A map of what the last layer makes of labelled frames."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from markupsafe import Markup
from torch import Tensor

from .data import Examples, RunData
from .page import grid, legend, note, plot, section
from .tables import bytes_told

POINTS = 500

KINSHIP = " Many frames are of one recording, and alike for that reason alone."


def embedding(data: RunData) -> Markup:
    """Return a map of the last layer, as drawn and after learning, coloured by class."""
    if not data.examples or len(data.examples["learned"].labels) < 10:
        return Markup()
    figures = [scatter(name, found, data.classes) for name, found in data.examples.items()]
    layer = list(data.examples["learned"].activity)[-1]
    unseen = "the map has not" if bytes_told(data) else "neither the agent nor the map has"
    words = (
        f"t-SNE (perplexity {perplexity(POINTS)}, from the first 50 principal components, fixed seed) of {layer}, "
        f"flattened, for at most {POINTS} labelled test frames; colour is the class, which {unseen} seen. Distances "
        "between far groups mean nothing."
        f"{KINSHIP if data.examples['learned'].recorded else ''}"
    )
    return section("A map of the last layer", grid(figures, "wide square"), class_legend(data.classes), note(words))


def class_legend(classes: tuple[str, ...]) -> Markup:
    """Return the legend of the colours of classes, if there are few enough to tell apart."""
    items = [("", class_colour(i, len(classes)), name) for i, name in enumerate(classes)]
    return legend(items) if len(classes) <= 20 else Markup()


def class_colour(number: int, of: int) -> str:
    """Return the colour of a class; neighbours on the wheel differ in lightness too."""
    return f"hsl({360 * number / of:.0f},58%,{(46, 62)[number % 2]}%)"


def scatter(name: str, examples: Examples, classes: tuple[str, ...]) -> Markup:
    """Return one map, a trace per class."""
    labels = examples.labels[:POINTS]
    xy = tsne(examples.pattern[:POINTS])
    traces: list[dict[str, Any]] = []
    for i, label in enumerate(classes):
        here = xy[(labels == i).numpy()].round(2)
        style = {"size": 6, "color": class_colour(i, len(classes)), "opacity": 0.85}
        trace = {
            "type": "scattergl" if len(xy) > 2000 else "scatter",
            "mode": "markers",
            "name": label,
            "marker": style,
        }
        traces.append({**trace, "x": here[:, 0].tolist(), "y": here[:, 1].tolist(), "hoverinfo": "name"})
    bare = {"visible": False}
    return plot(name, {"data": traces, "layout": {"xaxis": bare, "yaxis": {**bare, "scaleanchor": "x"}}})


def perplexity(n: int) -> int:
    """Return the number of neighbours that t-SNE looks at among *n* points."""
    return max(2, min(30, n // 4))


def tsne(x: Float[Tensor, "n features"]) -> np.ndarray:
    """Return a place in the plane for every row of *x*, centred, with deviation 1."""
    from sklearn.manifold import TSNE  # noqa: PLC0415  slow to load

    x = x.double() - x.double().mean(0)
    u, s, _ = torch.linalg.svd(x, full_matrices=False)
    parts = (u * s)[:, :50].numpy()
    if not parts.any():
        return np.zeros((len(parts), 2))
    place = TSNE(perplexity=perplexity(len(parts)), init="random", random_state=0).fit_transform(parts)
    return np.asarray((place - place.mean(0)) / place.std())
