"""Settings changed by dotted names, through however a file spells its parts, and through defaults."""

from collections.abc import Mapping
from typing import Any

from streamsim.contracts import ConfigurationError

from .names import choose
from .parts import bases_in, collection_in, element, parameters
from .schema import opened
from .spelling import dotted, loaded


def changed(
    chosen: type,
    arguments: Mapping[str, Any],
    keys: list[str],
    value: Any,  # noqa: ANN401  settings may be anything
    path: str = "",
) -> dict[str, Any]:
    """Return the *arguments* of a class with the setting at *keys* changed; what is wrong in them is left as it is."""
    key, *rest = keys
    known = parameters(chosen)
    if key == "init_args" and rest and key not in known:  # may be named, but need not be
        return changed(chosen, arguments, rest, value, path)
    if key not in known:
        return {**arguments, key: inside(arguments.get(key), Any, rest, value, "")}
    default = known[key].default
    before = arguments.get(key, None if default is known[key].empty else default)
    return {**arguments, key: inside(before, known[key].annotation, rest, value, dotted(path, key))}


def inside(node: Any, annotation: Any, keys: list[str], value: Any, path: str) -> Any:  # noqa: ANN401
    """Return *node*, a setting of the kind *annotation*, with what lies at *keys* in it changed."""
    many = collection_in(annotation)
    part = many is None and bool(bases_in(annotation, {}))
    if not keys and part and isinstance(loaded(value), str) and value != "null":
        keys = ["class_path"]  # naming the class that is there already keeps its settings
    if not keys:
        return loaded(value)
    node = loaded(node)
    if part:
        return in_part(node, bases_in(annotation, {}), keys, value, path)
    kind, (key, *rest) = Any if many is None else element(many), keys
    if isinstance(node, (list, tuple)) and key in map(str, range(len(node))):
        return [inside(n, kind, rest, value, dotted(path, key)) if str(i) == key else n for i, n in enumerate(node)]
    before = dict(node) if isinstance(node, Mapping) else {}
    return {**before, key: inside(before.get(key), kind, rest, value, dotted(path, key))}


def in_part(node: Any, bases: tuple[type, ...], keys: list[str], value: Any, path: str) -> Any:  # noqa: ANN401
    """Return the description of a part with a setting of its own changed, or with another class and no settings."""
    try:
        name, chosen, arguments = opened({} if node is None else node, bases, path)
    except ConfigurationError:
        # it stays as it is, to be told when everything is checked
        return {"class_path": value} if keys == ["class_path"] else node or {"init_args": {keys[0]: value}}
    if keys == ["class_path"]:
        return {"class_path": value} if other(value, chosen, bases, path) else node
    return {"class_path": name, "init_args": changed(chosen, arguments, keys, value, path)}


def other(name: Any, chosen: type, bases: tuple[type, ...], path: str) -> bool:  # noqa: ANN401
    """Return whether *name* is of another class than *chosen*."""
    try:
        return choose(name, bases, path)[1] is not chosen
    except ConfigurationError:
        return True
