"""Tables of studies so small that their means can be worked out by hand."""

from streamsim.studies.figures import StudyTable
from streamsim.studies.figures.outcomes import evidence, views

GAINS = {
    (1, "x", 0): 0.10,
    (1, "y", 0): 0.20,
    (2, "x", 0): 0.30,
    (2, "y", 0): 0.40,
    (1, "x", 1): 0.14,
    (1, "y", 1): 0.20,
    (2, "x", 1): 0.34,
    (2, "y", 1): 0.44,
}
"""The gain at the end by a, b and seed."""


def row(cell, settings, gain, **other):
    """A row of a cell whose calibrated network is right in half of the examples."""
    return {
        "cell": cell,
        **settings,
        "pathway": "eye",
        "layer": "top",
        "probe": "linear",
        "examples": "test",
        "baseline": False,
        "tick": 20,
        "frames": 80,
        "drawn": 0.4,
        "calibrated": 0.5,
        "accuracy": 0.5 + gain,
        "gain": gain,
        "chance": 0.25,
        "n_train": 100,
        "n_test": 200,
        "bytes_remembered": 1000 * int(settings.get("a", 1)) if str(settings.get("a", 1)).isdigit() else None,
        **other,
    }


def table(rows, settings=("a", "b", "seed"), **other):
    """A study made of *rows*."""
    columns = {name: [one.get(name) for one in rows] for name in rows[0]} if rows else {}
    standing = {"finished": len({one["cell"] for one in rows})}
    return StudyTable(columns, settings, "toy", **{"standing": standing, **other})


def told(rows, settings=("a", "b", "seed"), **other):
    """What the first view tells of a study made of *rows*."""
    given = table(rows, settings, **other)
    ((view, own), *_) = views(given).items()
    return evidence(view, own, given)


def grid(gains=None, names=("a", "b", "seed")):
    """The rows of a study of two settings, each cell probed twice."""
    rows = []
    for number, (point, gain) in enumerate((GAINS if gains is None else gains).items()):
        settings = dict(zip(names, point, strict=True))
        rows.append(row(f"{number:012x}", settings, 0.0, tick=5, frames=20))
        rows.append(row(f"{number:012x}", settings, gain))
    return rows
