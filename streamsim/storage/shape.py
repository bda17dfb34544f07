"""What JSON that was read must hold, told as types: a file may have been written by anybody."""

import json
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from streamsim.contracts import shown

LARGEST = 2**63
"""Whole numbers are smaller; larger ones are none that could be counted, and no tensor holds them."""

DEEPEST = 100
"""Objects and lists lie in each other at most so deep: whoever walks through a value comes to an end."""

HUGE = 1e200
"""Numbers are smaller, so that what is made of them, such as a percentage or a mean, is a number too."""

NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    NoneType: "null",
    None: "null",
    list: "a list",
    dict: "an object",
}


def json_value(text: bytes) -> Any:  # noqa: ANN401  any JSON value
    """Return the value in a JSON text.

    Raises:
        ValueError: it is none, or nested too deep to be read.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if is_deeper(value, DEEPEST):
        raise ValueError("it is nested too deep")
    return value


def is_deeper(value: object, levels: int) -> bool:
    """Return whether objects and lists lie in each other in more than so many *levels*."""
    layer: list[Any] = [value]
    for _ in range(levels + 1):
        within = (one.values() if isinstance(one, dict) else one for one in layer if isinstance(one, dict | list))
        layer = [inner for one in within for inner in one]
    return bool(layer)


def fault(value: object, kind: Any, name: str = "it") -> str:  # noqa: ANN401  any annotation
    """Return what keeps a JSON value from being of a *kind*, as half a sentence; nothing if it is.

    Args:
        value: what was read.
        kind: int, float (which whole numbers are too, nan and infinities not), bool, str, None, `list[kind]`,
            `dict[str, kind]`, a union of these, a TypedDict (keys that it does not know may be there), or Any.
        name: what the value is called, its dotted place.
    """
    if kind is Any:
        return ""
    if get_origin(kind) in (Union, UnionType):
        faults = [fault(value, one, name) for one in get_args(kind)]
        # of the choices the one that goes deepest was meant
        return "" if "" in faults else max(faults, key=lambda said: said.partition(" ")[0].count("."))
    if is_typeddict(kind):
        return fault(value, dict, name) or fault_of_keys(value, kind, name)
    outer = get_origin(kind) or kind
    if not is_plain(value, outer):
        got = f"{NAMES[type(value)]} of {len(value)}" if isinstance(value, dict | list) else shown(value)
        return f"{name} must be {NAMES[outer]} (got {got})"
    inner = get_args(kind)[-1:] or (Any,)
    if isinstance(value, dict) and not all(is_plain(key, str) for key in value):
        return f"{name} has a name in it that is no text"
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((said for key, one in items if (said := fault(one, inner[0], joined(name, key)))), "")


def fault_of_keys(value: Any, kind: Any, name: str) -> str:  # noqa: ANN401
    """Return what keeps an object from having the keys of a TypedDict."""
    hints = hints_of(kind)
    for key in hints:
        if key in kind.__required_keys__ and key not in value:
            return f"{joined(name, key)} is missing"
    return next((said for k, v in hints.items() if k in value and (said := fault(value[k], v, joined(name, k)))), "")


@cache
def hints_of(kind: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what each key of a TypedDict is; to find out takes longer than to look at a row."""
    return get_type_hints(kind)


def is_plain(value: object, kind: Any) -> bool:  # noqa: ANN401
    """Return whether a JSON value is of a *kind*, whatever is in it."""
    if kind is float:
        return is_plain(value, int) or (isinstance(value, float) and abs(value) < HUGE)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST
    if kind is str:
        return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return value is None if kind in {None, NoneType} else isinstance(value, kind)


def joined(name: str, key: object) -> str:
    """Return the dotted place of what is under *key*."""
    return str(key) if name == "it" else f"{name}.{key}"
