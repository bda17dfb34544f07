"""What varies in a study: settings, each with its values; those that go in step count as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .table import SEED, Value, cut, cut_before, place, spelt

LETTERS = 32
"""Names of settings are cut to so many in a figure, their values to fewer."""


@dataclass(frozen=True)
class Dimension:
    """A setting that varies, or several that go in step.

    Args:
        settings: their names.
        levels: their values as spelt, in order of size.
        ordered: whether all values are numbers.
    """

    settings: tuple[str, ...]
    levels: tuple[str, ...]
    ordered: bool

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


def dimensions(rows: Sequence[Mapping[str, Value]], settings: Iterable[str]) -> tuple[Dimension, ...]:
    """Return what varies in *rows*, without the seed and without settings that have but one value."""
    groups: list[list[str]] = []
    for name in settings:
        if name == SEED or len(pairs(rows, name, name)) < 2:
            continue
        group = next((group for group in groups if in_step(rows, group[0], name)), None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return tuple(dimension(rows, tuple(group)) for group in groups)


def pairs(rows: Sequence[Mapping[str, Value]], one: str, other: str) -> set[tuple[str, str]]:
    """Return which values of two settings occur together."""
    return {(spelt(row[one]), spelt(row[other])) for row in rows}


def in_step(rows: Sequence[Mapping[str, Value]], one: str, other: str) -> bool:
    """Tell whether each value of a setting comes with one value of another and the other way round."""
    found = pairs(rows, one, other)
    return len(found) == len({a for a, _ in found}) == len({b for _, b in found})


def dimension(rows: Sequence[Mapping[str, Value]], names: tuple[str, ...]) -> Dimension:
    """Return settings that go in step with the values that they have in *rows*."""
    found = sorted({tuple(row[name] for name in names) for row in rows}, key=lambda values: [*map(place, values)])
    levels = dict.fromkeys(", ".join(map(spelt, values)) for values in found)
    ordered = all(isinstance(values[0], int | float) and not isinstance(values[0], bool) for values in found)
    return Dimension(names, tuple(levels), ordered)
