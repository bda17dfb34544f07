"""What must be said beside the numbers of a study: how they were read, from how many examples, frames and seeds."""

from collections.abc import Iterable, Sequence

from .outcomes import GAIN, Evidence, view_of
from .statistics import pooled
from .table import Dimension, StudyTable, number, spelt

MOST_SEEDS = 12

FINISHED = "finished"
"""What a cell is called that came to its end."""

SIGN = "\N{PLUS-MINUS SIGN}"


def span(values: Iterable[float | None], form: str = ",.0f", factor: float = 1) -> str:
    """Return the smallest and the largest of the *values* that are known, or the only one."""
    known = sorted({f"{factor * value:{form}}": value for value in values if value is not None}.items(), key=by_value)
    if not known:
        return "unknown"
    return known[0][0] if len(known) == 1 else f"{known[0][0]} to {known[-1][0]}"


def by_value(item: tuple[str, float]) -> float:
    """Return what sorts numbers that are written."""
    return item[1]


def lasts(told: Evidence, column: str) -> list[float | None]:
    """Return a number of the last evaluation of all cells."""
    return [outcome.last(column) for outcome in told.outcomes]


def seeds_of(told: Evidence) -> str:
    """Return in words how many seeds there are."""
    return "one seed" if len(told.seeds) == 1 else f"{len(told.seeds)} seeds"


def errors_of(told: Evidence) -> str:
    """Return a sentence on what the errors of a figure are."""
    if len(told.seeds) == 1:
        at_random = len(told.listed) < len(told.dimensions)
        return f"One seed, so that no standard error {'over seeds ' if at_random else ''}can be given."
    return f"Mean and standard error over {seeds_of(told)}."


def circumstances(told: Evidence) -> str:
    """Return in one sentence what belongs into the legend of every figure."""
    frames, tests = (span(lasts(told, column)) for column in ("frames", "n_test"))
    chance = span(lasts(told, "chance"), ".1f", 100)
    view = told.view.words
    return f"{view[:1].upper()}{view[1:]}, {tests} test examples, chance {chance} %, {frames} frames seen."


def headline(told: Evidence) -> str:
    """Return what came out on the whole."""
    known = pooled(told, told.outcomes)
    if known is None:
        return ""
    error = "one seed" if known.error is None else f"standard error {100 * known.error:.1f} over {known.seeds} seeds"
    over = "" if known.combinations == 1 else f", averaged over {known.combinations:,} combinations of settings"
    value = told.measure.text(known.mean)
    if told.measure is GAIN:
        return f"Learning changed what a {told.view.words} reads by {value} points ({error}){over}."
    return f"A {told.view.words} is right in {value} % of the test examples ({error}){over}."


COMPLETE = "those that are complete: with the same seeds in all combinations"


def grounds(table: StudyTable, told: Evidence) -> str:
    """Return on how many cells of a study the headline stands, and how many are missing; nothing if on all of them."""
    total = sum(table.standing.values())
    missing = total - table.standing.get(FINISHED, 0)
    known = pooled(told, told.outcomes)
    if known is None or known.cells >= total:
        return ""
    some = "" if known.cells == total - missing else f", {COMPLETE}"
    left = f"; {missing:,} {'is' if missing == 1 else 'are'} missing" if missing else ""
    return f" This stands on {known.cells:,} of {total:,} cells{some}{left}."


def standing(table: StudyTable) -> str:
    """Return in words how many cells are finished, failed and missing."""
    total = sum(table.standing.values())
    counted = ", ".join(f"{count:,} {name}" for name, count in table.standing.items() if count)
    return f"{total:,} cells: {counted}" if total else "no cells"


def others(table: StudyTable, told: Evidence) -> str:
    """Return how many cells a layer and a probe tell of, if not of all that are finished."""
    there, finished = len(told.outcomes), len({row["cell"] for row in table.rows})
    return "" if there == finished else f"; {there:,} of them have this layer and this probe"


def sayings(table: StudyTable, told: Evidence) -> list[tuple[str, str]]:
    """Return the protocol of what is shown first, point by point."""
    view = told.view
    words = [spelt(said) for said in table.protocols.get(view.probe, ())]
    different = f" (and {len(words) - 1} other protocols, as settings of the probe differ)" if len(words) > 1 else ""
    calibrated = span(lasts(told, "calibrated"), ".1f", 100)
    seeds = ", ".join(told.seeds[:MOST_SEEDS]) + (", \N{HORIZONTAL ELLIPSIS}" if len(told.seeds) > MOST_SEEDS else "")
    return [
        ("cells", standing(table) + others(table, told)),
        ("probe", f"{view.probe}{': ' + words[0] if words else ''}{different}"),
        ("layer", view.layer + (f" of pathway {view.pathway}" if view.pathway else "")),
        (
            "examples",
            f"{span(lasts(told, 'n_train'))} to learn the read-out from, {span(lasts(told, 'n_test'))} others "
            f"({view.examples}) to test it",
        ),
        ("chance", f"{span(lasts(told, 'chance'), '.1f', 100)} %, always naming the commonest class"),
        ("frames", f"{span(lasts(told, 'frames'))} at the last evaluation of each cell, of all streams together"),
        ("seeds", f"{len(told.seeds)}: {seeds}" if "seed" in table.columns else "one"),
        ("calibrated", f"{calibrated} %, the same network once it has looked and before it learns"),
        *untrained(table, told),
        ("gain", "accuracy less calibrated, in percentage points" if told.measure is GAIN else "not known"),
        ("standard error", error_in_words(told)),
    ]


ERROR = (
    f"{SIGN}, over seeds: each seed's mean first, then their standard deviation (n \N{MINUS SIGN} 1) divided by the "
    "root of their number. Values of a setting share their seeds, so that differences may be surer than their errors"
)


OVER_DRAWS = "over draws for settings that were drawn at random: each draw's mean first, then as it is done for seeds"


def error_in_words(told: Evidence) -> str:
    """Return what a standard error is one of."""
    several = len(told.seeds) > 1
    if len(told.listed) == len(told.dimensions):
        return ERROR if several else "none: one seed"
    return f"{ERROR}; {OVER_DRAWS}" if several else f"{OVER_DRAWS}; none else, as there is one seed"


def untrained(table: StudyTable, told: Evidence) -> list[tuple[str, str]]:
    """Return what the same probe reads without any learning, such as of the pixels."""
    pathways = bool(told.view.pathway)
    found: dict[str, list[float | None]] = {}
    for row in table.rows:
        if row["baseline"] and view_of(row, pathways)._replace(layer=told.view.layer) == told.view:
            found.setdefault(spelt(row["layer"]), []).append(number(row["accuracy"]))
    return [
        (layer, f"{span(values, '.1f', 100)} %, the same probe without a network") for layer, values in found.items()
    ]


def settings(told: Evidence) -> list[tuple[str, str]]:
    """Return each setting that varies with its values."""
    return [(dimension.name, values_of(dimension)) for dimension in told.dimensions]


def values_of(dimension: Dimension) -> str:
    """Return the values of a setting in words; of numbers that were drawn how many, and between which they lie."""
    levels = dimension.levels
    if not dimension.scaled:
        return in_words(levels)
    return f"{len(levels):,} numbers from {levels[0]} to {levels[-1]}, drawn at random"


def in_words(levels: Sequence[str], most: int = 40) -> str:
    """Return *levels* one after the other, the first and last of them if there are many."""
    if len(levels) <= most:
        return ", ".join(levels)
    return f"{', '.join(levels[: most - 1])}, \N{HORIZONTAL ELLIPSIS}, {levels[-1]} ({len(levels):,} values)"
