"""Means over seeds, and main effects over the part of a study that is complete."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from .dimensions import Dimension
from .outcomes import CellOutcome, Evidence, Point
from .table import Value

Key: TypeAlias = tuple[str, Point, str]
"""A level of a dimension, the levels of all others, and a seed."""


class Estimate(NamedTuple):
    """A mean over seeds.

    Attributes:
        mean: of the means of each seed.
        error: its standard error, their standard deviation (n - 1) over the root of their number n; None for one seed.
        seeds: how many.
        combinations: how many combinations of other settings each of these is a mean of; the most if they differ.
        cells: how many cells in all.
    """

    mean: float
    error: float | None
    seeds: int
    combinations: int
    cells: int


class Block(NamedTuple):
    """A part of a study in which every combination is finished with every seed."""

    contexts: tuple[Point, ...]
    seeds: tuple[str, ...]


class Effect(NamedTuple):
    """What one value of a setting comes to, averaged over the others."""

    dimension: Dimension
    level: str
    estimate: Estimate


def estimate(values: Iterable[tuple[str, float]]) -> Estimate | None:
    """Return the mean of (seed, value), first within each seed and then over seeds; None if there are none."""
    by_seed: dict[str, list[float]] = {}
    for seed, value in values:
        by_seed.setdefault(seed, []).append(value)
    if not by_seed:
        return None
    sizes = [len(own) for own in by_seed.values()]
    means = np.array([np.mean(own) for own in by_seed.values()])
    error = float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else None
    return Estimate(float(means.mean()), error, len(means), max(sizes), sum(sizes))


def complete(keys: Collection[Key], levels: Collection[str]) -> Block:
    """Return a large part of a study, a set of contexts by one of seeds, that is finished at all *levels*.

    Seeds are taken in the order of how many contexts they are complete in, as long as that makes the part larger; of
    equally large parts the one with more seeds is taken. A cell that is missing thus takes away either its context or
    its seed, and no value is compared with another over different cells.
    """
    there: dict[tuple[Point, str], int] = {}
    for _, context, seed in keys:
        there[context, seed] = there.get((context, seed), 0) + 1
    whole: dict[str, list[Point]] = {}
    for (context, seed), count in there.items():
        if count == len(levels):
            whole.setdefault(seed, []).append(context)
    best = Block((), ())
    common: list[Point] | None = None
    order = sorted(whole, key=lambda seed: -len(whole[seed]))
    for n, seed in enumerate(order, 1):
        own = set(whole[seed])
        common = whole[seed] if common is None else [context for context in common if context in own]
        if n * len(common) >= len(best.contexts) * len(best.seeds):
            best = Block(tuple(common), tuple(order[:n]))
    return best


def by_level(told: Evidence, dimension: Dimension | None) -> dict[Key, list[CellOutcome]]:
    """Return the cells by level, context and seed; without a dimension there is one level, and all else is context."""
    index = None if dimension is None else told.dimensions.index(dimension)
    found: dict[Key, list[CellOutcome]] = {}
    for outcome in told.outcomes:
        point = outcome.point
        level, context = ("", point) if index is None else (point[index], (*point[:index], *point[index + 1 :]))
        found.setdefault((level, context, outcome.seed), []).append(outcome)
    return found


def measured(told: Evidence, outcomes: Iterable[CellOutcome]) -> float:
    """Return the mean of what is measured at the end of cells that differ in nothing."""
    values = (outcome.last(told.measure.column) for outcome in outcomes)
    return float(np.mean([value for value in values if value is not None]))


def effects(told: Evidence) -> list[Effect]:
    """Return the main effects: what each value comes to, averaged over all other settings, then over seeds."""
    return [effect for dimension in told.dimensions for effect in effects_of(told, dimension)]


def effects_of(told: Evidence, dimension: Dimension) -> list[Effect]:
    """Return the main effect of one setting; nothing if no combination is finished at all its values."""
    found = by_level(told, dimension)
    block = complete(found, dimension.levels)
    values = {key: measured(told, own) for key, own in found.items()}
    told_of = [(level, estimate(within(values, level, block))) for level in dimension.levels]
    return [Effect(dimension, level, known) for level, known in told_of if known]


def within(values: Mapping[Key, float], level: str, block: Block) -> list[tuple[str, float]]:
    """Return (seed, value) for all of *values* at a *level* that lie in a *block*."""
    return [(seed, values[level, context, seed]) for seed in block.seeds for context in block.contexts]


def pooled(told: Evidence, outcomes: Iterable[CellOutcome]) -> Estimate | None:
    """Return the mean over a large part of some cells that has the same seeds in every combination of settings."""
    found: dict[Key, list[CellOutcome]] = {}
    for outcome in outcomes:
        found.setdefault(("", outcome.point, outcome.seed), []).append(outcome)
    block = complete(found, [""])
    return estimate(within({key: measured(told, own) for key, own in found.items()}, "", block))


def contexts(told: Evidence, dimension: Dimension) -> int:
    """Return how many combinations of the other settings there are, finished or not at all values."""
    return len({context for _, context, _ in by_level(told, dimension)})


def tidy(told: Evidence) -> list[dict[str, Value]]:
    """Return the main effects as rows of a table, shares as in the table of the study."""
    view = told.view
    frames = max((outcome.last("frames") or 0.0 for outcome in told.outcomes), default=0.0)
    return [
        {
            "setting": effect.dimension.name,
            "value": effect.level,
            "pathway": view.pathway,
            "examples": view.examples,
            "probe": view.probe,
            "layer": view.layer,
            "frames": int(frames),
            "measure": told.measure.column,
            "mean": round(effect.estimate.mean, 6),
            "standard_error": None if effect.estimate.error is None else round(effect.estimate.error, 6),
            "seeds": effect.estimate.seeds,
            "combinations": effect.estimate.combinations,
        }
        for effect in effects(told)
    ]
