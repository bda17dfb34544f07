"""What each cell came to, as one probe of one layer tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from streamsim.evaluation import ALL

from .table import SEED, Dimension, StudyTable, Value, cut, dimensions, number, place, spelt

Point: TypeAlias = tuple[str, ...]
"""A level of every dimension."""


TEST = "test"

FIRST = "linear"
"""The probe that is shown first."""


class ProbeView(NamedTuple):
    """A probe of a layer, and the examples it is tested with."""

    pathway: str
    examples: str
    probe: str
    layer: str

    @property
    def words(self) -> str:
        """It in words."""
        examples = "" if self.examples == TEST else f", {self.examples} examples"
        pathway = f", pathway {self.pathway}" if self.pathway else ""
        return f"{self.probe} probe of {self.layer}{examples}{pathway}"

    @property
    def title(self) -> str:
        """It in words that fit above a figure."""
        return cut(self.words, 50)


class Measure(NamedTuple):
    """What is compared.

    Attributes:
        column: of the table, a share.
        words: what it is called on an axis.
        signed: whether it can be below zero.
    """

    column: str
    words: str
    signed: bool

    def text(self, share: float) -> str:
        """Return a value in percent or points with one decimal."""
        return f"{100 * share:{'+' if self.signed else ''}.1f}".replace("-", "\N{MINUS SIGN}")


GAIN = Measure("gain", "gain over calibrated (points)", True)

ACCURACY = Measure("accuracy", "accuracy (%)", False)


class CellOutcome(NamedTuple):
    """A cell.

    Attributes:
        point: where in the study it is.
        seed: its seed as spelt.
        rows: its evaluations in order of time, at least one.
    """

    point: Point
    seed: str
    rows: Sequence[Mapping[str, Value]]

    def last(self, column: str) -> float | None:
        """Return a number of its last evaluation."""
        return number(self.rows[-1][column])


@dataclass(frozen=True)
class Evidence:
    """All that one probe of one layer tells of a study.

    Args:
        view: the probe and the layer.
        dimensions: what varies.
        outcomes: the cells that are finished.
        measure: the gain; the accuracy where no calibrated network is known.
        own_seeds: whether each draw of settings at random has seeds of its own.
    """

    view: ProbeView
    dimensions: tuple[Dimension, ...]
    outcomes: tuple[CellOutcome, ...]
    measure: Measure
    own_seeds: bool = False

    @property
    def listed(self) -> tuple[Dimension, ...]:
        """What varies and was not drawn at random."""
        return tuple(one for one in self.dimensions if not one.at_random)

    @property
    def seeds(self) -> list[str]:
        """The seeds that there are."""
        return list(dict.fromkeys(outcome.seed for outcome in self.outcomes))


def evidence(view: ProbeView, rows: Sequence[Mapping[str, Value]], given: StudyTable) -> Evidence:
    """Return what the *rows* of a view tell of the study that is *given*."""
    cells: dict[str, list[Mapping[str, Value]]] = {}
    for row in sorted(rows, key=lambda row: place(row["tick"])):
        cells.setdefault(spelt(row["cell"]), []).append(row)
    varied = dimensions([own[0] for own in cells.values()], given)
    found = [outcome(own, varied) for own in cells.values()]
    order = {seed: i for i, seed in enumerate(seeds(rows))}
    levels = [{level: i for i, level in enumerate(one.levels)} for one in varied]

    def where(one: CellOutcome) -> list[int]:
        return [*(known[level] for known, level in zip(levels, one.point, strict=True)), order[one.seed]]

    known = all(one.last("gain") is not None for one in found)
    own_seeds = SEED in given.at_random and apart(found, varied)
    return Evidence(view, varied, tuple(sorted(found, key=where)), GAIN if known else ACCURACY, own_seeds)


def apart(found: Sequence[CellOutcome], varied: Sequence[Dimension]) -> bool:
    """Tell whether each seed was drawn in step with one draw of the settings, and not for all of them."""
    drawn = [i for i, one in enumerate(varied) if one.at_random]
    pairs = {(outcome.seed, tuple(outcome.point[i] for i in drawn)) for outcome in found}
    return len(pairs) == len({seed for seed, _ in pairs})


def seeds(rows: Sequence[Mapping[str, Value]]) -> list[str]:
    """Return the seeds in *rows* by size; one without a name where there is no such column."""
    return list(dict.fromkeys(spelt(seed) for seed in sorted({row.get(SEED) for row in rows}, key=place)))


def outcome(rows: Sequence[Mapping[str, Value]], varied: Sequence[Dimension]) -> CellOutcome:
    """Return what a cell with these *rows* came to."""
    return CellOutcome(tuple(one.level(rows[0]) for one in varied), spelt(rows[0].get(SEED)), rows)


def view_of(row: dict[str, Value], pathways: bool) -> ProbeView:
    """Return the view that a row belongs to; its pathway is named if there are several *pathways*."""
    pathway, *others = (spelt(row[name]) for name in ("pathway", "examples", "probe", "layer"))
    return ProbeView(pathway if pathways else "", *others)


def views(table: StudyTable) -> dict[ProbeView, list[dict[str, Value]]]:
    """Return the rows of every probe of a layer: first the linear one, and of it the uppermost layer.

    Left out are what needs no learning, such as pixels, and rows without an accuracy.
    """
    pathways = len({row["pathway"] for row in table.rows}) > 1
    found: dict[ProbeView, list[dict[str, Value]]] = {}
    for row in table.rows:
        if not row["baseline"] and row["accuracy"] is not None:
            found.setdefault(view_of(row, pathways), []).append(row)
    names = list(found)
    return {view: found[view] for view in sorted(names, key=lambda view: rank(view, names))}


def rank(view: ProbeView, among: Sequence[ProbeView]) -> tuple[int | bool, ...]:
    """Return what sorts views, which come by *among* from the bottom layer to the top one."""
    pathways, examples, probes, layers = (list(dict.fromkeys(names)) for names in zip(*among, strict=True))
    return (
        pathways.index(view.pathway),
        view.examples != TEST,
        examples.index(view.examples),
        view.probe != FIRST,
        probes.index(view.probe),
        view.layer == ALL,
        -layers.index(view.layer),
    )
