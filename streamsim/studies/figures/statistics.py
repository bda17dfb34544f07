"""Means over seeds, over the part of a study that is complete."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from .outcomes import CellOutcome, Evidence, Point
from .table import Dimension

Key: TypeAlias = tuple[str, Point, Hashable]
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
    seeds: tuple[Hashable, ...]


def estimate(values: Iterable[tuple[Hashable, float]]) -> Estimate | None:
    """Return the mean of (seed, value), first within each seed and then over seeds; None if there are none."""
    by_seed: dict[Hashable, list[float]] = {}
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
    there: dict[tuple[Point, Hashable], int] = {}
    for _, context, seed in keys:
        there[context, seed] = there.get((context, seed), 0) + 1
    whole: dict[Hashable, list[Point]] = {}
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
    kept = [i for i in contextual(told) if i != index]
    found: dict[Key, list[CellOutcome]] = {}
    for outcome in told.outcomes:
        point = outcome.point
        level = "" if index is None else point[index]
        found.setdefault((level, tuple(point[i] for i in kept), outcome.seed), []).append(outcome)
    return found


def contextual(told: Evidence) -> list[int]:
    """Return the places of what tells combinations of settings apart: all that varies.

    Where each draw has seeds of its own, these tell draws apart already.
    """
    return [i for i, one in enumerate(told.dimensions) if not (one.at_random and told.own_seeds)]


def measured(told: Evidence, outcomes: Iterable[CellOutcome]) -> float:
    """Return the mean of what is measured at the end of cells that differ in nothing."""
    values = (outcome.last(told.measure.column) for outcome in outcomes)
    return float(np.mean([value for value in values if value is not None]))


def within(values: Mapping[Key, float], level: str, block: Block) -> list[tuple[Hashable, float]]:
    """Return (seed, value) for all of *values* at a *level* that lie in a *block*."""
    return [(seed, values[level, context, seed]) for seed in block.seeds for context in block.contexts]


def pooled(told: Evidence, outcomes: Iterable[CellOutcome]) -> Estimate | None:
    """Return the mean over a large part of some cells that has the same seeds in every combination of settings."""
    kept = contextual(told)
    found: dict[Key, list[CellOutcome]] = {}
    for outcome in outcomes:
        found.setdefault(("", tuple(outcome.point[i] for i in kept), outcome.seed), []).append(outcome)
    block = complete(found, [""])
    known = estimate(within({key: measured(told, own) for key, own in found.items()}, "", block))
    cells = sum(len(found["", context, seed]) for seed in block.seeds for context in block.contexts)
    return known and known._replace(cells=cells)


def contexts(told: Evidence, dimension: Dimension) -> int:
    """Return how many combinations of the other settings there are, finished or not at all values."""
    return len({context for _, context, _ in by_level(told, dimension)})
