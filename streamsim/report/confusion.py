"""What a probe takes for what, as a matrix of classes."""

import torch
from markupsafe import Markup

from streamsim.evaluation import Row, commonest, dense

from .charts import capitalised
from .data import RunData
from .page import grid, note, plot, section

HUE = "31,138,140"


def confusion(data: RunData) -> Markup:
    """Return the matrices of the last occasion: of the uppermost layer, and of the best one if that is another."""
    last = max((row["tick"] for row in data.confusions), default=0)
    # a run that goes on from an older checkpoint may have told the same twice
    rows = list({row["layer"]: row for row in data.confusions if row["tick"] == last}.values())
    if not rows:
        return Markup()
    common = commonest(dense(rows[0]))
    words = (
        f"{capitalised(rows[0]['probe'])} probe after {rows[0]['frames']:,} frames: {rows[0]['protocol']}. A row is a "
        f"class, a column what the probe took it for; every row adds up to 100 %. {rows[0]['n_test']:,} test examples, "
        f"{100 * common:.1f} % of them of the commonest class: so often one would be right by always naming it."
    )
    figures = grid([matrix(row, why_shown(row, rows)) for row in rows], "wide square")
    return section("What is taken for what", figures, note(words))


def why_shown(row: Row, rows: list[Row]) -> str:
    """Return why a layer is shown."""
    return "uppermost and best layer" if len(rows) == 1 else "best layer" if row["best"] else "uppermost layer"


def matrix(row: Row, why: str) -> Markup:
    """Return one matrix, classes that turn up in the order of their names."""
    counts, names = dense(row), row["classes"]
    named = torch.nonzero(counts.sum(0) + counts.sum(1))[:, 0].tolist()
    order = sorted(named, key=lambda i: names[i])
    counts, shown = counts[order][:, order], [names[i] for i in order]
    shares = 100 * counts / counts.sum(1, keepdim=True).clamp(min=1)
    trace = {
        "type": "heatmap",
        "name": row["layer"],
        "x": shown,
        "y": shown,
        "z": [[round(share, 1) for share in line] for line in shares.tolist()],
        "customdata": counts.tolist(),
        "colorscale": [[0, f"rgba({HUE},0)"], [1, f"rgb({HUE})"]],
        "zmin": 0,
        "zmax": 100,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{y} taken for %{x}: %{customdata} examples, %{z} %<extra></extra>",
    }
    small = {"tickfont": {"size": 8 if len(shown) > 24 else 11}, "dtick": 1, "showgrid": False, "type": "category"}
    down = {**small, "autorange": "reversed", "title": "class"}
    caption = f"{row['layer']}, {why}: {100 * row['accuracy']:.1f} % right"
    return plot(caption, {"data": [trace], "layout": {"xaxis": {**small, "title": "taken for"}, "yaxis": down}})
