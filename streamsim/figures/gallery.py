"""The figures of one probe of one layer, each with the words that belong below it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from .canvas import MOST_LINES, Drawing
from .costs import cost_figure
from .curves import learning_curves
from .dimensions import Dimension
from .final import effect_figure, fields, heat_map
from .outcomes import GAIN, Evidence
from .protocol import circumstances, errors_of
from .statistics import contexts, effects_of

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
    said = f"{circumstances(told)} {errors_of(told)}"
    if drawing := effect_figure(told):
        yield Picture("main-effects", "Main effects", f"{about_effects(told)} {said}", drawing)
    for across, up in pairs(told, whole):
        title = f"{across.name} and {up.name}"
        yield Picture("heat-map", title, f"{about_map(told, across, up)} {said}", heat_map(told, across, up))
    # those of the first view suffice, unless there is nothing else
    for dimension in (told.dimensions or (None,))[: MOST_CURVES if whole or not told.dimensions else 0]:
        if drawing := learning_curves(told, dimension):
            yield Picture("curves", title_of(dimension), f"{about_curves(told, dimension)} {said}", drawing)
    if whole and (drawing := cost_figure(told)):
        yield Picture("cost", "What it takes", f"{about_costs(told)} {said}", drawing)


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


def part(told: Evidence, dimension: Dimension) -> str:
    """Return in words which part of the study a main effect rests on, nothing if it is the whole."""
    found = effects_of(told, dimension)
    there, seeds = contexts(told, dimension), len(told.seeds)
    if not found:
        return f"{dimension.name} is left out, as no combination of the others is finished at all its values"
    known = found[0].estimate
    if (known.combinations, known.seeds) == (there, seeds):
        return ""
    return f"{dimension.name}: over {known.combinations} of {there} combinations and {known.seeds} of {seeds} seeds"


def about_map(told: Evidence, across: Dimension, up: Dimension) -> str:
    """Return what a heat map is."""
    more = " and over all other settings" if len(told.dimensions) > 2 else ""
    there = fields(told, across, up)
    none = "; a dash where no cell is finished" if len(there) < len(across.levels) * len(up.levels) else ""
    few = "; a star where fewer are than elsewhere" if len({known.cells for known in there.values()}) > 1 else ""
    return f"{what(told)} at the last evaluation, averaged over seeds{more}{none}{few}."


def title_of(dimension: Dimension | None) -> str:
    """Return what curves are of."""
    return f"Over time, by {dimension.name}" if dimension else "Over time"


def about_curves(told: Evidence, dimension: Dimension | None) -> str:
    """Return what curves are."""
    several = dimension is not None and len(told.dimensions) > 1
    over = ", averaged over all other settings" if several else ""
    drawn = " At 0 frames: as drawn." if any(one.rows[0]["frames"] == 0 for one in told.outcomes) else ""
    bands = "" if len(told.seeds) == 1 else " Bands: one standard error."
    some = ""
    if dimension is not None and len(dimension.levels) > MOST_LINES:
        some = f" {MOST_LINES} of {len(dimension.levels)} values are shown."
    lines = "Dashed: calibrated, before learning; dotted: chance, if within the axis."
    return f"Test accuracy{over}. {lines}{drawn}{bands}{some}"


def about_costs(told: Evidence) -> str:
    """Return what is seen in the figure of costs."""
    return (
        f"{what(told)} against the bytes of short-term memory at the end of a run and against the frames seen, "
        "averaged over all settings that neither change the bytes nor are told apart; what does not vary is left out. "
        "Points that remember equally much are set apart a little."
    )
