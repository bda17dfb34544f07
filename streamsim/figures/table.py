"""A tidy table of many runs, what must be said beside it, and how its values are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import TypeAlias

from streamsim.contracts import visible

Value: TypeAlias = int | float | bool | str | None

SEED = "seed"
"""The setting over which means and standard errors are taken."""


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
    """

    columns: Mapping[str, Sequence[Value]]
    settings: Sequence[str]
    title: str
    standing: Mapping[str, int] = field(default_factory=dict)
    protocols: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remarks: Sequence[str] = ()

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


def drawable() -> bool:
    """Tell whether figures can be drawn: whether matplotlib is installed."""
    return find_spec("matplotlib") is not None
