"""Curves of a report: probes, what the agent says of itself, and the health of learning."""

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from streamsim.evaluation import ALL, Row

from .charts import (
    GREY,
    MOST_POINTS,
    Measurement,
    capitalised,
    chart,
    curve,
    horizontal_line,
    layer_colours,
    line_legend,
    percent,
    scaled,
)
from .data import RunData, layer_names
from .page import axes, grid, note, section


def probes(data: RunData) -> Markup:
    """Return accuracy against time for every probe."""
    layers = layer_names(data.probes)
    colours = {**layer_colours(layers), **({ALL: GREY} if any(r["layer"] == ALL for r in data.probes) else {})}
    offline = [row for row in data.probes if row["probe"] != "online"]
    online = [row for row in data.probes if row["probe"] == "online"]
    charts = [probe_chart(name, offline, colours, data) for name in dict.fromkeys(r["probe"] for r in offline)]
    shown = grid([*charts, online_chart(online, colours, data)], "wide")
    if not shown:
        return Markup()
    legend = line_legend(colours, dash="calibrated, before learning", dot="chance, the commonest class")
    words = " ".join(f"{name}: {said}." for name, said in {r["probe"]: r["protocol"] for r in data.probes}.items())
    return section(
        "What can be read from each layer, over time", axes(), legend, shown, note(capitalised(words) + marked(data))
    )


def marked(data: RunData) -> str:
    """Return a sentence about the vertical lines, if there are any."""
    told = [f"at {mark.seconds:g} s {mark.words}" for mark in data.marks]
    return f" Dashed vertical lines: {'; '.join(told)}." if told else ""


def probe_chart(probe: str, rows: Sequence[Row], colours: dict[str, str], data: RunData) -> Markup:
    """Return the curves of one offline probe; nothing if there is but one point in time."""
    rows = [row for row in rows if row["probe"] == probe]
    if len({row["tick"] for row in rows}) < 2:
        return Markup()
    curves = []
    for layer, colour in colours.items():
        here = [row for row in rows if row["layer"] == layer]
        if here:
            curves.append(curve(layer, [(r, 100 * r["accuracy"]) for r in here], colour, data.streams))
            levels = [(r, percent(r["calibrated"])) for r in here]
            if any(level is not None for _, level in levels):
                curves.append(curve(f"{layer}, calibrated", levels, colour, data.streams, "dash"))
    if not curves:
        return Markup()
    curves.append(horizontal_line("chance", 100 * rows[0]["chance"], curves))
    return chart(f"{probe} probe", curves, "test accuracy, %", marks=data.marks)


def online_chart(rows: Sequence[Row], colours: dict[str, str], data: RunData) -> Markup:
    """Return the curves of the online probe, at first looks only."""
    curves = [
        curve(
            layer,
            [(r, percent(r.get("accuracy_first_looks"))) for r in rows if r["layer"] == layer],
            colour,
            data.streams,
        )
        for layer, colour in colours.items()
        if any(r["layer"] == layer for r in rows)
    ]
    if not curves:
        return Markup()
    return chart("online probe, first looks after a saccade", curves, "prequential accuracy, %", marks=data.marks)


def metrics(data: RunData) -> Markup:
    """Return what the agent reports of itself, a chart per quantity, and how often the gaze moved."""
    if not data.metrics:
        return Markup()
    layers = list(data.metrics[0]["layers"])
    colours = layer_colours(layers)
    quantities = list(dict.fromkeys(q for layer in data.metrics[0]["layers"].values() for q in layer))
    charts = [
        chart(
            quantity.replace("_", " "),
            [
                curve(n, [(r, r["layers"].get(n, {}).get(quantity)) for r in data.metrics], c, data.streams)
                for n, c in colours.items()
            ],
            "",
            marks=data.marks,
            rangemode="normal",
        )
        for quantity in quantities
    ]
    words = (
        f"Means over windows of {data.metrics[0]['tick']} ticks and over all streams; curves of more than "
        f"{MOST_POINTS} points are averaged further."
    )
    figures = grid([*charts, gaze(data)])
    return section("Learning signals and the gaze", axes(), line_legend(colours), figures, note(words + marked(data)))


def gaze(data: RunData) -> Markup:
    """Return the chart of saccades per frame."""
    pairs = zip(data.metrics, data.metrics[1:], strict=False)
    measured: list[Measurement] = [
        (b, (b["saccades"] - a["saccades"]) / ((b["tick"] - a["tick"]) * data.streams))
        for a, b in pairs
        if b["tick"] > a["tick"]
    ]
    if not measured:
        return Markup()
    curves = [curve("saccades per frame", measured, GREY, data.streams)]
    return chart("saccades per frame", curves, "", marks=data.marks)


def health(data: RunData) -> Markup:
    """Return ranks and dead units of every layer over time."""
    rows = [row for row in data.health if row["layers"]]
    if not rows:
        return Markup()
    colours = layer_colours(list(rows[0]["layers"]))

    def per_layer(value: Callable[[Row], float | None]) -> list[dict[str, Any]]:
        told = {n: [(r, value(r["layers"][n])) for r in rows if n in r["layers"]] for n in colours}
        return [curve(n, told[n], c, data.streams) for n, c in colours.items()]

    charts = [
        chart("effective rank", per_layer(lambda h: h["effective_rank"]), "dimensions", marks=data.marks),
        chart("participation ratio", per_layer(lambda h: h["participation_ratio"]), "dimensions", marks=data.marks),
        chart(
            "dead units",
            per_layer(lambda h: 100 * h["dead_units"] / max(1, h["units"])),
            "% of units",
            marks=data.marks,
            range=[-2, 102],
        ),
    ]
    words = (
        f"{rows[-1]['protocol'].split(';')[0]}. Effective rank: exp of the entropy of the singular values (Roy & "
        "Vetterli 2007); participation ratio: of the covariance's eigenvalues; both count dimensions after centring. "
        "Dead: gives one and the same value everywhere, for every frame."
    )
    return section(
        "Richness of the features", axes(), line_legend(colours), grid(charts), note(capitalised(words) + marked(data))
    )


def pairs(data: RunData) -> Markup:
    """Return how often pairs were wrong, and how old they were."""
    rows = [row for row in data.health if row["comparisons"]["positives"] or row["comparisons"]["negatives"]]
    if not rows:
        return Markup()
    kinds: dict[str, tuple[str, float, dict[str, str]]] = {
        "wrong pairs": (
            "% of pairs",
            100,
            {
                "negatives: same class": "negatives_of_the_same_class",
                "negatives: same object": "negatives_of_the_same_object",
                "positives: another object": "positives_of_another_object",
            },
        ),
        "age of what is compared": ("ticks", 1, {"positives": "age_of_positives", "negatives": "age_of_negatives"}),
    }
    palette = ("hsl(12,60%,52%)", "hsl(265,45%,60%)", "hsl(178,50%,45%)")
    shown = []
    for caption, (unit, factor, names) in kinds.items():
        colours: dict[str, str] = dict(zip(names, palette, strict=False))
        curves = [
            curve(label, [(r, scaled(r["comparisons"][name], factor)) for r in rows], colours[label], data.streams)
            for label, name in names.items()
        ]
        shown.append(chart(caption, curves, unit, line_legend(colours), data.marks))
    shown += likeness(rows, data)
    words = (
        f"{rows[-1]['protocol'].split('; ')[-1]}. Negatives of the same object are true false negatives; those of the "
        f"same class are collisions, which chance alone makes 1 in {max(1, len(data.classes))} where classes are "
        "equally frequent. If negatives are older than positives, a learner can tell them apart by drift alone. "
        "Likeness: mean cosine between what a layer reads out now and the memories that it is compared with."
    )
    return section("What was compared with what", axes(), grid(shown, "wide"), note(capitalised(words) + marked(data)))


def likeness(rows: Sequence[Row], data: RunData) -> list[Markup]:
    """Return how alike compared read-outs are in each layer over time: a chart for each kind of pair."""
    rows = [row for row in rows if "likeness" in row]  # runs of 0.1.0 have none
    if not rows:
        return []
    colours = layer_colours(list(rows[0]["likeness"]))
    charts = []
    for kind, caption in (("same", "likeness of the same thing"), ("other", "likeness of different things")):
        curves = [
            curve(n, [(r, r["likeness"].get(n, {}).get(kind)) for r in rows], c, data.streams)
            for n, c in colours.items()
        ]
        charts.append(chart(caption, curves, "cosine", line_legend(colours), data.marks))
    return charts


def alignment(data: RunData) -> Markup:
    """Return the angles between weights that should align."""
    rows = [row for row in data.health if row["alignments"]]
    if not rows:
        return Markup()
    names = list(rows[0]["alignments"])
    kinds = list(dict.fromkeys(name.rpartition(": ")[2] for name in names))
    layers = list(dict.fromkeys(name.rpartition(": ")[0] for name in names))
    colours = layer_colours(layers)
    charts = []
    for kind in kinds:
        chosen = [name for name in names if name.rpartition(": ")[2] == kind]
        curves = [
            curve(n, [(r, r["alignments"].get(n)) for r in rows], colours[n.rpartition(": ")[0]], data.streams)
            for n in chosen
        ]
        charts.append(chart(kind, [*curves, horizontal_line("right angle", 90, curves)], "degrees", marks=data.marks))
    words = "Angle between two weight tensors read as vectors: 0 degrees is perfect alignment, 90 none at all."
    title = "Alignment of forward and feedback weights"
    return section(title, axes(), line_legend(colours), grid(charts), note(words))
