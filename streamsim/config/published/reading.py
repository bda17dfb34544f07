"""From the text of a table to what it says, one sentence for each mistake."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from streamsim.config.reading import parsed
from streamsim.contracts import ConfigurationError, require, suggestion

from .table import Changes, NeededData, Portion, PublishedRow, PublishedTable

KEYS = ("title", "source", "metric", "probe", "chance", "data", "base", "scales", "parts", "rows", "notes", "figures")
ROW = ("label", "group", "published", "parts", "settings", "scales", "note")
PORTION = ("settings", "scales")
DATA = ("name", "reader", "setting", "folder")


@lru_cache(maxsize=16)
def table_of(text: str, name: str) -> PublishedTable:
    """Return the table called *name* in YAML *text*; a study asks for the same one with every cell.

    Raises:
        ConfigurationError: it cannot be read, lacks something, or holds what no table has.
    """
    return table_in(parsed(text, f"table {name}"), name, f"table {name}")


def table_in(tree: Mapping[str, Any], name: str, origin: str) -> PublishedTable:
    """Return the table called *name* that a file, *origin*, holds as *tree*.

    Raises:
        ConfigurationError: it lacks something, or holds what no table has.
    """
    only(tree, KEYS, origin)
    for key in ("title", "base", "scales", "rows"):
        require(bool(tree.get(key)), f"{origin} lacks {key}: add it")
    scales = {size: mapping(own, f"{origin}: scale {size}") for size, own in mapping(tree["scales"], origin).items()}
    parts = mapping(tree.get("parts"), origin)
    portions = {key: portion(own, scales, f"{origin}: part {key}") for key, own in parts.items()}
    rows = {key: row_in(own, key, scales, f"{origin}: row {key}") for key, own in mapping(tree["rows"], origin).items()}
    for row in rows.values():
        for part in row.parts:
            require(part in portions, f"{origin}: row {row.name} has no part {part!r}: {suggestion(part, portions)}")
    return PublishedTable(
        name,
        str(tree["title"]),
        str(tree.get("source", "")),
        str(tree.get("metric", "")),
        str(tree.get("probe", "linear")),
        number(tree.get("chance"), f"{origin}: chance"),
        tuple(data_in(one, f"{origin}: data") for one in tree.get("data") or ()),
        mapping(tree["base"], origin),
        scales,
        portions,
        rows,
        tuple(map(str, tree.get("notes") or ())),
        {key: str(words) for key, words in mapping(tree.get("figures"), origin).items()},
    )


def row_in(tree: Any, name: str, scales: Mapping[str, Changes], origin: str) -> PublishedRow:  # noqa: ANN401
    """Return the row called *name* that *tree* describes."""
    own = mapping(tree, origin)
    only(own, ROW, origin)
    return PublishedRow(
        name,
        str(own.get("label", name)),
        str(own.get("group", "")),
        number(own.get("published"), f"{origin}: published"),
        tuple(map(str, own.get("parts") or ())),
        portion({key: own[key] for key in PORTION if key in own}, scales, origin),
        str(own.get("note", "")),
    )


def portion(tree: Any, scales: Mapping[str, Changes], origin: str) -> Portion:  # noqa: ANN401
    """Return the settings that *tree* describes; those for a scale are for one of *scales*."""
    own = mapping(tree, origin)
    only(own, PORTION, origin)
    sizes = mapping(own.get("scales"), origin)
    only(sizes, scales, origin)
    return Portion(mapping(own.get("settings"), origin), {key: mapping(one, origin) for key, one in sizes.items()})


def data_in(tree: Any, origin: str) -> NeededData:  # noqa: ANN401
    """Return the data set that *tree* describes."""
    own = mapping(tree, origin)
    only(own, DATA, origin)
    for key in DATA:
        require(key in own, f"{origin} lacks {key}: add it")
    return NeededData(*(str(own[key]) for key in DATA))


def only(tree: Mapping[str, Any], names: Collection[str], origin: str) -> None:
    """Raise `ConfigurationError` if *tree* has anything but *names*."""
    for key in tree:
        require(key in names, f"{origin} has no {key}: {suggestion(key, names)}")


def mapping(value: Any, origin: str) -> Mapping[str, Any]:  # noqa: ANN401
    """Return *value* if it is settings by name; nothing counts as none."""
    if value is not None and not isinstance(value, dict):
        raise ConfigurationError(f"{origin} must hold settings by name (got {type(value).__name__})")
    return {str(key): one for key, one in (value or {}).items()}


def number(value: Any, origin: str) -> float | None:  # noqa: ANN401
    """Return *value* if it is a number or nothing."""
    right = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    require(right, f"{origin} must be a number of percent (got {value!r})")
    return None if value is None else float(value)
