"""The figures of one probe of one layer, each with the words that belong below it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from .canvas import MOST_LINES, Drawing
from .costs import Costs, cost_figure, costs
from .curves import learning_curves
from .effects import effects_of
from .final import effect_figure, fields, map_of
from .outcomes import GAIN, Evidence
from .protocol import circumstances, errors_of
from .statistics import contexts
from .table import Dimension

FEW = 3
"""With so many settings all pairs of them get a heat map, with more only the first pair."""

MOST_CURVES = 4
"""Settings that get a figure of curves."""


@dataclass(frozen=True)
class Picture:
    """A figure on a page.

    Args:
        name: of its files.
        title: what it shows, in a few words.
        caption: what it shows, how it came about, and how sure it is.
        drawing: the figure.
    """

    name: str
    title: str
    caption: str
    drawing: Drawing


def pictures(told: Evidence, whole: bool = True) -> Iterator[Picture]:
    """Yield the figures that have anything to show; unless the *whole*, only main effects and the first heat map."""
    under = circumstances(told)
    said = f"{under} {errors_of(told)}"
    if drawing := effect_figure(told):
        about = f"{about_effects(told)} {under} {errors_of_effects(told)}"
        yield Picture("main-effects", "Main effects", about, drawing)
    for across, up in pairs(told, whole):
        title = f"{across.name} and {up.name}"
        known = under if across.at_random or up.at_random else said
        yield Picture("heat-map", title, f"{about_map(told, across, up)} {known}", map_of(told, across, up))
    # those of the first view suffice, unless there is nothing else
    for dimension in (told.listed or (None,))[: MOST_CURVES if whole or not told.dimensions else 0]:
        if drawing := learning_curves(told, dimension):
            yield Picture("curves", title_of(dimension), f"{about_curves(told, dimension)} {said}", drawing)
    if whole and (drawing := cost_figure(told, found := costs(told))):
        yield Picture("cost", title_of_costs(told, found), f"{about_costs(told, found)} {said}", drawing)


def pairs(told: Evidence, whole: bool) -> list[tuple[Dimension, Dimension]]:
    """Return the pairs of settings that get a heat map."""
    found = list(itertools.combinations(told.dimensions, 2))
    return found if whole and len(told.dimensions) <= FEW else found[:1]


def what(told: Evidence) -> str:
    """Return what is measured, as the beginning of a sentence."""
    return "Gain over the calibrated network in percentage points" if told.measure is GAIN else "Accuracy in percent"


def about_effects(told: Evidence) -> str:
    """Return what the main effects are, and over how much of the study they are taken."""
    parts = [part(told, dimension) for dimension in told.dimensions]
    over = "; ".join(said for said in parts if said)
    return f"{what(told)} for each value of a setting, averaged over all other settings{f' ({over})' if over else ''}."


def errors_of_effects(told: Evidence) -> str:
    """Return what the errors of main effects are, and what is shown of settings that were drawn at random."""
    if len(told.listed) == len(told.dimensions):
        return errors_of(told)
    return f"{errors_of(told)} {AT_RANDOM}" if told.listed else AT_RANDOM


AT_RANDOM = (
    "Of a setting that was drawn at random each grey dot is a cell, and blue are means over stretches of about equally "
    "many draws, from where to where the level lines reach, with standard errors over draws (of one alone over seeds)."
)


def part(told: Evidence, dimension: Dimension) -> str:
    """Return in words which part of the study a main effect rests on, nothing if it is the whole."""
    found = effects_of(told, dimension)
    if not found:
        return f"{dimension.name} is left out, as no combination of the others is finished at all its values"
    cells = sum(effect.estimate.cells for effect in found)
    if dimension.at_random:
        few = cells < len(told.outcomes)
        return f"{dimension.name}: means over {cells} of {len(told.outcomes)} cells" if few else ""
    known = found[0].estimate
    there, seeds = contexts(told, dimension), len(told.seeds)
    if (known.combinations, known.seeds) == (there, seeds):
        return ""
    return f"{dimension.name}: over {known.combinations} of {there} combinations and {known.seeds} of {seeds} seeds"


def about_map(told: Evidence, across: Dimension, up: Dimension) -> str:
    """Return what a map of two settings is."""
    more = " and over all other settings" if len(told.dimensions) > 2 else ""
    there = fields(told, across, up)
    uneven = len({known.cells for known in there.values()}) > 1
    if across.at_random or up.at_random:
        few = ", some of them of fewer cells than others" if uneven else ""
        return f"{what(told)} at the last evaluation, a dot for each pair of values{few}, averaged over seeds{more}."
    none = "; a dash where no cell is finished" if len(there) < len(across.levels) * len(up.levels) else ""
    few = "; a star where fewer are than elsewhere" if uneven else ""
    return f"{what(told)} at the last evaluation, averaged over seeds{more}{none}{few}."


def title_of(dimension: Dimension | None) -> str:
    """Return what curves are of."""
    return f"Over time, by {dimension.name}" if dimension else "Over time"


def about_curves(told: Evidence, dimension: Dimension | None) -> str:
    """Return what curves are."""
    several = len(told.dimensions) > (dimension is not None)
    over = f", averaged over all {'other ' if dimension else ''}settings" if several else ""
    drawn = " At 0 frames: as drawn." if any(one.rows[0]["frames"] == 0 for one in told.outcomes) else ""
    bands = "" if len(told.seeds) == 1 else " Bands: one standard error."
    some = ""
    if dimension is not None and len(dimension.levels) > MOST_LINES:
        some = f" {MOST_LINES} of {len(dimension.levels)} values are shown."
    lines = "Dashed: calibrated, before learning; dotted: chance, if within the axis."
    return f"Test accuracy{over}. {lines}{drawn}{bands}{some}"


def title_of_costs(told: Evidence, found: Costs) -> str:
    """Return what is plotted against what."""
    return f"{'Gain' if told.measure is GAIN else 'Accuracy'} against {' and '.join(found.names)}"


def about_costs(told: Evidence, found: Costs) -> str:
    """Return what is seen in the figure of costs."""
    apart = f"Colours: {found.marks.name}. " if found.marks else ""
    left = "the bytes of short-term memory that a run holds at its end, all streams together"
    points = "each draw is a point" if found.by_draw else "points that remember equally much are set apart a little"
    sizes = f" Against {left}: {points}." if found.spots else ""
    frames = " Against the frames that all streams have shown: at each evaluation of a run." if found.curves else ""
    rest = "all settings that neither change the bytes nor have colours"
    over = f", averaged over {rest if found.spots or found.marks else 'all settings'}" if told.dimensions else ""
    return f"{what(told)}{over}. {apart}".rstrip() + sizes + frames
