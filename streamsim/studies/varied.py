"""What a cell was given where the cells of a study differ, read from its folder without importing what it names."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from streamsim.config import parsed
from streamsim.contracts import ConfigurationError, RunFolderError
from streamsim.runs import read_provenance

from .launchers import Cell

Value: TypeAlias = int | float | bool | str | None


def values_of(cell: Cell, names: Sequence[str]) -> dict[str, Value]:
    """Return the settings of a cell that are called *names*.

    What is a single value in its config.yaml is that, so that 0.1 and 0.10 are one; a part or a list is called as the
    user called it.

    Raises:
        RunFolderError: its config.yaml cannot be read.
    """
    try:
        tree = parsed((cell.place.read("config.yaml") or b"").decode(), str(cell.path / "config.yaml"))
    except (ConfigurationError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{cell.path} is damaged: {error}") from None
    given = given_to(cell)
    return {name: short(setting_in(tree, name), given.get(name)) for name in names}


def setting_in(tree: Any, name: str) -> Any:  # noqa: ANN401
    """Return the setting in *tree* that has a dotted name, None if there is none; names of classes are passed over."""
    node = tree
    for key in name.split("."):
        inner = list(node.values()) if isinstance(node, dict) else []
        if isinstance(node, dict) and key not in node and len(inner) == 1 and isinstance(inner[0], dict):
            node = inner[0]  # Name: {its settings}
        if isinstance(node, list) and key in map(str, range(len(node))):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            return None
    return node


def short(value: Any, given: str | None) -> Value:  # noqa: ANN401
    """Return *value* if it is a single one, else what was *given* for it, else something short that stands for it.

    What no configuration has, as the row of a published table, is what was *given*.
    """
    if value is None:
        return None if given in (None, "null") else given
    if isinstance(value, int | float | str):
        return value
    if given is not None:
        return given
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value)))
    return json.dumps(value)


def given_to(cell: Cell) -> Mapping[str, str]:
    """Return the settings by which the command in its provenance differs from the preset; none if that is damaged."""
    try:
        words = list(map(str, read_provenance(cell.path).get("command", [])))
    except RunFolderError:
        return {}
    pairs = itertools.pairwise(words)
    return {name.removeprefix("--"): value for name, value in pairs if name.startswith("--")}


def in_words(values: Mapping[str, Value]) -> str:
    """Return settings as the command line spells them."""
    return " ".join(f"{name}={plain(value)}" for name, value in values.items())


def plain(value: Value) -> str:
    """Return a value as YAML spells it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def order_of(values: Mapping[str, Value]) -> list[tuple[bool, float, str]]:
    """Return what sorts cells by their values: numbers by their size, and before texts."""
    keys: list[tuple[bool, float, str]] = []
    for value in values.values():
        number = isinstance(value, int | float)
        keys.append(
            (not number, float(value) if isinstance(value, int | float) else 0.0, "" if number else plain(value))
        )
    return keys
