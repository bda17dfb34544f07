"""A tidy table of many runs: its rows, what varies in them and how that is called, what must be said beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import TypeAlias

from streamsim.contracts import visible

Value: TypeAlias = int | float | bool | str | None

SEED = "seed"
"""The setting over which means and standard errors are taken."""

LETTERS = 32
"""Names of settings are cut to so many in a figure, their values to fewer."""

LARGEST = 1e38
"""Larger numbers are names, as are those that are none: no axis can show them."""

APART = 100
"""Numbers whose largest is more times the smallest are shown by their logarithms."""


@dataclass(frozen=True)
class StudyTable:
    """A row for each cell, pathway, layer, probe and evaluation.

    Args:
        columns: by name, all of one length. Needed are cell, pathway, examples, probe, layer, baseline, tick, frames,
            drawn, calibrated, accuracy, gain (shares, 0 to 1), chance, n_train, n_test and bytes_remembered.
        settings: names of the columns that say what varies.
        title: what was studied.
        standing: how many cells are finished, failed, missing and so on.
        protocols: for each probe in what words it was made, several where settings of the probe vary.
        remarks: sentences about cells that are damaged or changed.
        at_random: which of the settings were drawn at random, or go in step with one that was.
        logarithmic: which of them were drawn evenly by their logarithms.
    """

    columns: Mapping[str, Sequence[Value]]
    settings: Sequence[str]
    title: str
    standing: Mapping[str, int] = field(default_factory=dict)
    protocols: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    at_random: Collection[str] = ()
    logarithmic: Collection[str] = ()

    @cached_property
    def rows(self) -> list[dict[str, Value]]:
        """The table row by row."""
        names = list(self.columns)
        return [dict(zip(names, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]


def number(value: Value) -> float | None:
    """Return *value* if it is a number, else None."""
    return None if value is None or isinstance(value, str | bool) else float(value)


def spelt(value: Value) -> str:
    """Return a value as YAML spells it, 1.0 as 1, without letters that a page or a figure could not hold."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return visible(value) if isinstance(value, str) else f"{value:.12g}"


def place(value: Value) -> tuple[bool, float, str]:
    """Return what sorts values: numbers by their size, and before texts."""
    if isinstance(value, int | float):
        return False, float(value), ""
    return True, 0.0, spelt(value)


def cut(text: str, letters: int) -> str:
    """Return *text* with at most so many *letters*; what is left out at its end is marked."""
    return text if len(text) <= letters else f"{text[: letters - 1]}\N{HORIZONTAL ELLIPSIS}"


def cut_before(name: str, letters: int) -> str:
    """Return a dotted *name* with at most so many *letters*; its end tells more than its beginning."""
    return name if len(name) <= letters else f"\N{HORIZONTAL ELLIPSIS}{name[1 - letters :]}"


@dataclass(frozen=True)
class Dimension:
    """A setting that varies, or several that go in step.

    Args:
        settings: their names.
        levels: their values as spelt, in order of size.
        ordered: whether all values are numbers.
        at_random: whether they were drawn at random, or go in step with what was.
        logarithmic: whether they are shown by their logarithms, if as numbers.
    """

    settings: tuple[str, ...]
    levels: tuple[str, ...]
    ordered: bool
    at_random: bool = False
    logarithmic: bool = False

    @property
    def scaled(self) -> bool:
        """Whether its values are shown as the numbers that they are, and not one beside the other."""
        return self.at_random and self.ordered

    @cached_property
    def places(self) -> dict[str, float]:
        """Where each level stands on an axis."""
        return {level: float(level) if self.scaled else float(i) for i, level in enumerate(self.levels)}

    @property
    def name(self) -> str:
        """What it is called on a page."""
        return ", ".join(map(spelt, self.settings))

    @property
    def label(self) -> str:
        """What it is called in a figure."""
        first, *more = self.settings
        return cut_before(spelt(first), LETTERS) + (" \N{HORIZONTAL ELLIPSIS}" if more else "")

    def level(self, row: Mapping[str, Value]) -> str:
        """Return the value that a row has."""
        return ", ".join(spelt(row[name]) for name in self.settings)


def tick(level: str, letters: int = 22) -> str:
    """Return a level as it stands in a figure; matplotlib hides what begins with a low line from legends."""
    return cut(f" {level}" if level.startswith("_") else level, letters)


def dimensions(rows: Sequence[Mapping[str, Value]], given: StudyTable) -> tuple[Dimension, ...]:
    """Return what varies in *rows*, without the seed and without settings that have but one value.

    Settings that go in step count as one, unless they were drawn at random: then each has an effect of its own.
    """
    groups: list[list[str]] = []
    for name in given.settings:
        if name == SEED or len(pairs(rows, name, name)) < 2:
            continue
        group = next((group for group in groups if one_with(rows, group[0], name, given)), None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return tuple(dimension(rows, tuple(group), given) for group in groups)


def one_with(rows: Sequence[Mapping[str, Value]], one: str, other: str, given: StudyTable) -> bool:
    """Tell whether two settings count as one."""
    return not {one, other} & {*given.at_random} and in_step(rows, one, other)


def pairs(rows: Sequence[Mapping[str, Value]], one: str, other: str) -> set[tuple[str, str]]:
    """Return which values of two settings occur together."""
    return {(spelt(row[one]), spelt(row[other])) for row in rows}


def in_step(rows: Sequence[Mapping[str, Value]], one: str, other: str) -> bool:
    """Tell whether each value of a setting comes with one value of another and the other way round."""
    found = pairs(rows, one, other)
    return len(found) == len({a for a, _ in found}) == len({b for _, b in found})


def dimension(rows: Sequence[Mapping[str, Value]], names: tuple[str, ...], given: StudyTable) -> Dimension:
    """Return settings that go in step with the values that they have in *rows*."""
    found = sorted({tuple(row[name] for name in names) for row in rows}, key=lambda values: [*map(place, values)])
    levels = dict.fromkeys(", ".join(map(spelt, values)) for values in found)
    numbers = [value for value in (number(values[0]) for values in found) if value is not None]
    ordered = len(numbers) == len(found) and all(abs(value) < LARGEST for value in numbers)
    by_logarithm = ordered and (names[0] in given.logarithmic or far_apart(numbers))
    at_random = names[0] in given.at_random
    return Dimension(names, tuple(levels), ordered, at_random, by_logarithm and min(numbers) > 0)


def far_apart(numbers: Sequence[float]) -> bool:
    """Tell whether *numbers*, in order of size, are so far apart that only their logarithms can be shown."""
    return numbers[0] > 0 and numbers[-1] / numbers[0] > APART


def drawable() -> bool:
    """Tell whether figures can be drawn: whether matplotlib is installed."""
    return find_spec("matplotlib") is not None
