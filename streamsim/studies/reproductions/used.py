"""What a cell really looked at, by its config.yaml."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from streamsim.config import PublishedTable

FAR = 1.0
"""Percentage points by which the commonest class of a data set may differ from the published one's."""


def data_used(tree: Any, table: PublishedTable, chance: float) -> tuple[str, bool]:  # noqa: ANN401  any YAML
    """Return in words what a configuration looked at, and whether that stands in for what the paper used.

    A folder is called by its last name alone. Whether its files are the official ones nobody can tell from them; that
    there are other classes, or otherwise distributed ones, shows in *chance*.

    Args:
        tree: the configuration.
        table: what the paper used.
        chance: percent of the test examples that are of the commonest class.
    """
    found = list(dict.fromkeys(folders(worlds(tree))))
    wanted = " and ".join(one.name for one in table.data)
    instead = f" instead of {wanted}" if wanted else ""
    if not found:
        return f"{', '.join(dict.fromkeys(map(name_of, worlds(tree))))}{instead}", True
    words = ", ".join(f"{folder} (read as {reader})" for reader, folder in found)
    other = table.chance is not None and abs(chance - table.chance) > FAR
    return f"{words}{instead if other else ''}", other


def worlds(tree: Any) -> list[Any]:  # noqa: ANN401
    """Return the worlds of a configuration."""
    several = tree.get("pathways") or {}
    return [sense.get("environment") for sense in several.values()] if several else [tree.get("environment")]


def name_of(world: Any) -> str:  # noqa: ANN401
    """Return the name of the class of a part."""
    return str(next(iter(world), "")) if isinstance(world, dict) else str(world)


def folders(node: Any, owner: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Yield the class and the last name of the folder of every part that reads one."""
    if isinstance(node, list):
        for inner in node:
            yield from folders(inner, owner)
    if isinstance(node, dict):
        if isinstance(node.get("root"), str):
            yield owner, PurePath(node["root"]).name or node["root"]
        for key, inner in node.items():
            yield from folders(inner, str(key))
