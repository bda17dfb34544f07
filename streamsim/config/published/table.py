"""What a table of a paper holds: its rows with their published numbers, and the settings that make them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamsim.contracts import ConfigurationError, suggestion

Changes = Mapping[str, Any]
"""New values by the dotted names of settings."""


@dataclass(frozen=True)
class Portion:
    """Settings that several rows share, or that one row has of its own.

    Attributes:
        settings: whatever the scale.
        scales: besides, at some scales.
    """

    settings: Changes = field(default_factory=dict)
    scales: Mapping[str, Changes] = field(default_factory=dict)

    def at(self, scale: str) -> tuple[Changes, Changes]:
        """Return the settings, and those of a *scale*, in the order in which they are made."""
        return self.settings, self.scales.get(scale, {})


@dataclass(frozen=True)
class PublishedRow:
    """A row of a table.

    Attributes:
        name: by which it is called.
        label: what the paper calls it.
        group: the heading it stands under.
        published: the published number in percent; None if there is none.
        parts: the names of portions of which it is made, in their order.
        own: what it has besides.
        note: what differs from the paper, beyond what differs in all rows.
    """

    name: str
    label: str
    group: str
    published: float | None
    parts: tuple[str, ...]
    own: Portion
    note: str = ""


@dataclass(frozen=True)
class NeededData:
    """A data set that the paper used.

    Attributes:
        name: what it is called.
        reader: the class that reads it.
        setting: the dotted name of the setting that takes its folder.
        folder: what that folder holds.
    """

    name: str
    reader: str
    setting: str
    folder: str


@dataclass(frozen=True)
class PublishedTable:
    """A table of a paper.

    Attributes:
        name: by which it is called.
        title: what it is, in a line.
        source: the paper and the table in it.
        metric: what its numbers are, in words.
        probe: the name of the probe that reads them here, in the uppermost layer.
        chance: percent that always naming the commonest class would reach; None if it is not known.
        data: what the paper learnt from and tested on.
        base: the settings that all rows share, as a preset has them.
        scales: what changes with how much is computed, by name; the first is taken where none is named.
        parts: portions that rows are made of.
        rows: by name.
        notes: sentences about what differs from the paper in all rows.
        figures: what the paper calls the figures that are drawn here: layers, loss.
    """

    name: str
    title: str
    source: str
    metric: str
    probe: str
    chance: float | None
    data: tuple[NeededData, ...]
    base: Mapping[str, Any]
    scales: Mapping[str, Changes]
    parts: Mapping[str, Portion]
    rows: Mapping[str, PublishedRow]
    notes: tuple[str, ...] = ()
    figures: Mapping[str, str] = field(default_factory=dict)

    def row(self, name: str) -> PublishedRow:
        """Return the row called *name*.

        Raises:
            ConfigurationError: there is none.
        """
        if name not in self.rows:
            raise ConfigurationError(f"{self.name} has no row {name!r}: {suggestion(name, self.rows)}")
        return self.rows[name]

    def scale(self, name: str | None) -> str:
        """Return *name* if there is such a scale, the first scale if it is None.

        Raises:
            ConfigurationError: there is no such scale.
        """
        if name is not None and name not in self.scales:
            raise ConfigurationError(f"{self.name} has no scale {name!r}: {suggestion(name, self.scales)}")
        return next(iter(self.scales)) if name is None else name

    def changes(self, row: str | None, scale: str | None) -> list[Changes]:
        """Return what changes in the base, one after the other: by the scale, then by each part of a *row*."""
        size = self.scale(scale)
        found = [self.scales[size]]
        if row is not None:
            chosen = self.row(row)
            for portion in (*(self.parts[name] for name in chosen.parts), chosen.own):
                found += portion.at(size)
        return found
