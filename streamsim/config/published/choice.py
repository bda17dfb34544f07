"""A row of a table at a scale becomes settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamsim.config.experiment import Experiment
from streamsim.config.overrides import changed
from streamsim.config.registry import tables
from streamsim.contracts import ConfigurationError, require, suggestion

from .reading import table_of
from .table import PublishedTable

CHOICES = ("row", "scale")
"""What is chosen in a table as if it were a setting; no experiment has settings that are called so."""


@dataclass(frozen=True)
class RowChoice:
    """What is chosen in a table.

    Args:
        table: of which paper.
        row: the name of a row; None for what all rows share.
        scale: the name of a scale; None for the first one.
    """

    table: PublishedTable
    row: str | None
    scale: str | None

    @property
    def name(self) -> str:
        """What a configuration that starts from it is called."""
        return f"{self.table.name}/{self.row}" if self.row else self.table.name

    def require_row(self) -> None:
        """Raise `ConfigurationError` if no row is chosen."""
        name, first = self.table.name, next(iter(self.table.rows))
        require(
            self.row is not None,
            f"{name} is a table of {len(self.table.rows)} rows: name one of them, such as {name}/{first} "
            f"(`streamsim list presets {name}` lists them)",
        )

    def tree(self) -> dict[str, Any]:
        """Return the settings that it comes to, not yet checked."""
        tree = dict(self.table.base)
        for step in self.table.changes(self.row, self.scale):
            for name, value in sorted(step.items(), key=lambda item: item[0].count(".")):
                tree = changed(Experiment, tree, name.split("."), value)
        return tree


def chosen(source: str, settings: Mapping[str, Any]) -> RowChoice | None:
    """Return what *source*, the name of a table or TABLE/ROW, and *settings* choose; None if it names no table.

    Raises:
        ConfigurationError: the table has no such row or scale, or cannot be read.
    """
    name, _, written = source.partition("/")
    if name not in tables():
        return None
    table = table_called(name)
    row, scale = (None if settings.get(key) is None else str(settings[key]) for key in CHOICES)
    require(not (row and written), f"{source} names its row already: leave --row out, or name the table alone")
    row = row or written or None
    if row is not None:
        table.row(row)
    table.scale(scale)
    return RowChoice(table, row, scale)


def table_called(name: str) -> PublishedTable:
    """Return the table called *name*.

    Raises:
        ConfigurationError: there is none, or it cannot be read.
    """
    known = tables()
    if name not in known:
        raise ConfigurationError(f"table {name!r} is not known: {suggestion(name, known)}")
    return table_of(known[name].read_bytes().decode("utf-8", "replace"), name)
