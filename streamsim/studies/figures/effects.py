"""Main effects: what each value of a setting comes to, or each stretch of numbers that were drawn at random."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .outcomes import CellOutcome, Evidence, Point
from .statistics import Estimate, Key, by_level, complete, estimate, measured, within
from .table import Dimension, Value, spelt

MOST_STRETCHES = 6
"""More of them show chance rather than a course."""

FEWEST = 4
"""Draws in a stretch, about."""


class Interval(NamedTuple):
    """Some of the numbers that were drawn, next to each other.

    Attributes:
        lowest: of them, as spelt.
        highest: of them.
        draws: how many; the error of their mean is one over draws if they are several.
    """

    lowest: str
    highest: str
    draws: int


class Effect(NamedTuple):
    """What one value of a setting, or a stretch of values, comes to, averaged over the others.

    Attributes:
        dimension: the setting.
        level: the value, or in words from where to where the stretch is.
        place: where it stands on an axis.
        estimate: what it comes to.
        stretch: if it is of a setting that was drawn at random.
    """

    dimension: Dimension
    level: str
    place: float
    estimate: Estimate
    stretch: Interval | None = None


def effects(told: Evidence) -> list[Effect]:
    """Return the main effects: what each value comes to, averaged over all other settings, then over seeds."""
    return [effect for dimension in told.dimensions for effect in effects_of(told, dimension)]


def effects_of(told: Evidence, dimension: Dimension) -> list[Effect]:
    """Return the main effect of one setting; nothing if no combination is finished at all its values."""
    if dimension.at_random:
        return list(effects_at_random(told, dimension))
    found = by_level(told, dimension)
    block = complete(found, dimension.levels)
    values = {key: measured(told, own) for key, own in found.items()}
    told_of = [(level, estimate(within(values, level, block))) for level in dimension.levels]
    return [Effect(dimension, level, dimension.places[level], known) for level, known in told_of if known]


def effects_at_random(told: Evidence, dimension: Dimension) -> Iterator[Effect]:
    """Yield what each stretch of a setting that was drawn comes to, averaged over all that lies in it.

    Cells with different draws differ in all that was drawn, so that they are no more than draws of the same search: the
    mean of each is taken first, over the same seeds and values of what was listed, and then those of a stretch.
    """
    found = by_draw(told)
    block = complete(found, [""])
    index = [one for one in told.dimensions if one.at_random].index(dimension)
    draws = sorted(block.contexts, key=lambda draw: dimension.places[draw[index]])
    for some in stretches(dimension, [draw[index] for draw in draws]):
        own = [draws[at] for at in some]
        known = mean_over(told, {draw: [found["", draw, pair] for pair in block.seeds] for draw in own})
        if known:
            yield stretch_of(dimension, [draw[index] for draw in own], known)


def by_draw(told: Evidence) -> dict[Key, list[CellOutcome]]:
    """Return the cells by draw, and by all else that tells them apart: values that were listed, and seeds."""
    drawn = [i for i, one in enumerate(told.dimensions) if one.at_random]
    rest = [i for i, one in enumerate(told.dimensions) if not one.at_random]
    found: dict[Key, list[CellOutcome]] = {}
    for outcome in told.outcomes:
        draw, others = (tuple(outcome.point[i] for i in places) for places in (drawn, rest))
        # equal numbers that were drawn with seeds of their own are several draws
        draw, seed = ((*draw, outcome.seed), "") if told.own_seeds else (draw, outcome.seed)
        found.setdefault(("", draw, (others, seed)), []).append(outcome)
    return found


def stretches(dimension: Dimension, levels: Sequence[str]) -> list[list[int]]:
    """Return the places of *levels*, which are in order, in stretches of about equally many; equal ones stay together.

    Where there are few values, or few draws, each value is a stretch.
    """
    several = min(MOST_STRETCHES, len(levels) // FEWEST)
    apart = not dimension.scaled or len(set(levels)) <= MOST_STRETCHES or several < 2
    first: dict[str, int] = {}
    found: dict[int, list[int]] = {}
    for place, level in enumerate(levels):
        at = first.setdefault(level, place)
        found.setdefault(at if apart else at * several // len(levels), []).append(place)
    return list(found.values())


def mean_over(told: Evidence, cells: Mapping[Point, Sequence[Sequence[CellOutcome]]]) -> Estimate | None:
    """Return the mean of *cells* by draw, with its error over draws; over seeds if there is but one."""
    alone = len(cells) == 1
    listed = [(draw, own) for draw, all_of in cells.items() for own in all_of]
    values = [(own[0].seed if alone else draw, measured(told, own)) for draw, own in listed]
    seeds = len({own[0].seed for _, own in listed})
    known = estimate(values)
    return known and known._replace(seeds=seeds, combinations=len(values) // (1 if told.own_seeds else seeds))


def stretch_of(dimension: Dimension, levels: Sequence[str], known: Estimate) -> Effect:
    """Return what a stretch of *levels*, which are in order, comes to."""
    lowest, highest = levels[0], levels[-1]
    words = lowest if lowest == highest else f"{lowest} to {highest}"
    return Effect(dimension, words, middle(dimension, levels), known, Interval(lowest, highest, len(levels)))


def middle(dimension: Dimension, levels: Sequence[str]) -> float:
    """Return the mean of *levels*, of their logarithms where these are what is shown."""
    places = np.array([dimension.places[level] for level in levels])
    return float(np.exp(np.log(places).mean()) if dimension.logarithmic and dimension.scaled else places.mean())


def tidy(told: Evidence) -> list[dict[str, Value]]:
    """Return the main effects as rows of a table, shares as in the table of the study."""
    view = told.view
    frames = max((outcome.last("frames") or 0.0 for outcome in told.outcomes), default=0.0)
    pathway = spelt(told.outcomes[0].rows[0]["pathway"])
    return [
        {
            "setting": effect.dimension.name,
            "value": value_of(effect),
            "pathway": pathway,
            "examples": view.examples,
            "probe": view.probe,
            "layer": view.layer,
            "frames": int(frames),
            "measure": told.measure.column,
            "mean": round(effect.estimate.mean, 6),
            "standard_error": None if effect.estimate.error is None else round(effect.estimate.error, 6),
            "seeds": effect.estimate.seeds,
            "combinations": effect.estimate.combinations,
            **({} if effect.stretch is None else effect.stretch._asdict()),
        }
        for effect in effects(told)
    ]


def value_of(effect: Effect) -> str:
    """Return the value that an effect is of: the middle of a stretch, so that a column of numbers is one."""
    stretch = effect.stretch
    return effect.level if stretch is None or stretch.lowest == stretch.highest else f"{effect.place:.4g}"
