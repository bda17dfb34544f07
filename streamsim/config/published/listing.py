"""What there is to reproduce, as `streamsim list` shows it."""

from collections.abc import Iterator, Sequence
from itertools import chain

from streamsim.config.registry import catalogue, tables
from streamsim.contracts import ConfigurationError, require

from .choice import table_called
from .table import PublishedRow, PublishedTable


def listed(kind: str, tables: Sequence[str] = ()) -> Iterator[tuple[str, str, str]]:
    """Return name, origin and first sentence of everything of a *kind*, or the rows of one of the *tables*.

    Raises:
        ConfigurationError: there is more than one table, or the kind has none.
    """
    if not tables:
        return chain(catalogue(kind), table_catalogue() if kind == "presets" else ())
    require(kind == "presets" and len(tables) == 1, f"list takes one kind (got {', '.join([kind, *tables])})")
    return row_catalogue(tables[0])


def table_catalogue() -> Iterator[tuple[str, str, str]]:
    """Yield name, origin and what it is of every table, in a line; its rows are presets of their own."""
    for name in sorted(tables()):
        try:
            table = table_called(name)
        except ConfigurationError as error:
            yield f"{name}/ROW", f"tables/{name}.yaml", f"unavailable: {error}"
        else:
            yield (
                f"{name}/ROW",
                f"tables/{name}.yaml",
                f"{in_words(table)}; `streamsim list presets {name}` lists them.",
            )


def in_words(table: PublishedTable) -> str:
    """Return what a table is, how many rows it has, and which data it needs."""
    data = " and ".join(data.name for data in table.data)
    needs = f", needs {data}" if data else ""
    return f"{table.title}: {len(table.rows)} rows at the scales {', '.join(table.scales)}{needs}"


def row_catalogue(name: str) -> Iterator[tuple[str, str, str]]:
    """Yield the table called *name* and then name, published number and what it is of each of its rows.

    Raises:
        ConfigurationError: there is no such table, or it cannot be read.
    """
    table = table_called(name)
    said = [in_words(table), table.metric, *(f"--{one.setting} is {one.folder}" for one in table.data)]
    yield name, table.source, ". ".join(filter(None, said)) + "."
    for row in table.rows.values():
        yield f"{name}/{row.name}", published(row), described(row)


def published(row: PublishedRow) -> str:
    """Return the published number of a row in words."""
    return "not published" if row.published is None else f"published {row.published:g} %"


def described(row: PublishedRow) -> str:
    """Return what a row is."""
    label = f"{row.group}: {row.label}" if row.group else row.label
    return f"{label}. {row.note}".strip() if row.note else f"{label}."
