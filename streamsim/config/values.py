"""Single values of a configuration: numbers, text, choices, and lists of them."""

import collections.abc
import re
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any, Literal, get_args, get_origin

import yaml

from streamsim.contracts import ConfigurationError, require, require_importable, require_place, shown

from .reading import RefusedText, read_yaml, refuse_hostile, values_in

WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    type(None): "null",
    Any: "anything",
}


def coerce(value: Any, annotation: Any, path: str) -> Any:  # noqa: ANN401  settings may be anything
    """Return *value* converted to *annotation* by jsonargparse.

    Raises:
        ConfigurationError: it cannot be converted; names the setting, the rule and the value.
    """
    from jsonargparse import ArgumentError, ArgumentParser  # noqa: PLC0415  only commands that read settings pay

    value = member(value, annotation)
    if not all(is_plain_type(part) for part in parts_of(annotation)):
        require_importables(value)  # which jsonargparse would import
    parser = ArgumentParser(exit_on_error=False)
    try:
        parser.add_argument("--value", type=annotation)
    except ValueError:  # a kind that has no text
        kind = readable(annotation)
        free = value in (None, "null") and accepts_none(annotation)
        require(free, f"{path} must be {kind}, which no configuration can spell (got {shown(value)}): leave it out")
        return None
    try:
        refuse_hostile(value)  # jsonargparse reads text as YAML, whatever it comes to
        made = parser.parse_object({"value": value}).value
    except (ArgumentError, RefusedText, OverflowError):  # of a whole number that is too large for a float
        made = None
    # jsonargparse takes None for "not given" and accepts it for every type
    if made is None and not (value in (None, "null") and accepts_none(annotation)):
        raise ConfigurationError(f"{path} must be {readable(annotation)} (got {shown(value)})")
    require_usable(made, path)
    require_places(made)
    return made


def require_usable(value: Any, path: str) -> None:  # noqa: ANN401
    """Raise `ConfigurationError` if *value*, or one in it, is a number that nothing can be computed with.

    Here, where every setting passes, so that no constructor need think of numbers that are none.
    """
    for one in values_in(value):
        if isinstance(one, float):
            require(abs(one) < 1e38, f"{path} must be a finite number below 1e38 (got {one}): give a smaller one")
        if isinstance(one, int):
            fits = -(2**63) <= one < 2**63
            require(fits, f"{path} must be a whole number of at most 64 bits (got {shown(one)}): give a smaller one")


def require_places(value: Any) -> None:  # noqa: ANN401
    """Raise `UntrustedError` if *value*, or anything in it, is a path that must not be written to now."""
    for one in values_in(value):
        if isinstance(one, PurePath):
            require_place(one)


def parts_of(annotation: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the types that *annotation* is made of."""
    arguments = [] if get_origin(annotation) is Literal else [a for a in get_args(annotation) if a is not Ellipsis]
    if not arguments or get_origin(annotation) is collections.abc.Callable:
        yield annotation
        return
    for argument in arguments:
        yield from parts_of(argument)


def is_plain_type(annotation: Any) -> bool:  # noqa: ANN401
    """Return whether *annotation* is a number, text or a choice, and no name of something to be imported."""
    kinds = (int, float, str, Enum, PurePath, Fraction, type(None))
    return get_origin(annotation) is Literal or annotation is None or any(is_kind(annotation, k) for k in kinds)


def require_importables(value: Any) -> None:  # noqa: ANN401
    """Raise `UntrustedError` if *value*, or anything in it, is text that may name what must not be imported now."""
    for one in values_in(value):
        if isinstance(one, str) and may_name_code(one):
            require_importable(one, own=True)
        elif isinstance(one, str):
            with suppress(yaml.YAMLError):  # which `refuse_hostile` and jsonargparse leave alone, or refuse
                read = read_yaml(one)
                require_importables(None if read == one else read)


def may_name_code(text: str) -> bool:
    """Return whether *text* is `package.module.Class` or `module:Class`, for whoever imports these; no path is."""
    module, colon, _ = text.partition(":")
    if colon:  # whatever stands before it would be imported, as a file of that name
        return re.search(r"[/\\]", module) is None
    return "." in text and all(part.isidentifier() for part in text.strip().split("."))


def member(value: Any, annotation: Any) -> Any:  # noqa: ANN401
    """Return the name of the choice that *value* spells, in capitals or not, or *value* where it spells none."""
    names = annotation.__members__ if is_kind(annotation, Enum) and isinstance(value, str) else ()
    return next((name for name in names if name.lower() == value.lower()), value)


def plain(value: Any) -> Any:  # noqa: ANN401
    """Return *value* as YAML spells it."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Enum):
        return value.name
    return str(value) if isinstance(value, (PurePath, Fraction)) else value


def readable(annotation: Any) -> str:  # noqa: ANN401
    """Return *annotation* in words."""
    arguments = get_args(annotation)
    if annotation in WORDS:
        return WORDS[annotation]
    if get_origin(annotation) is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if is_kind(get_origin(annotation), collections.abc.Mapping):
        return f"settings by name, each {readable(arguments[-1])}"
    if get_origin(annotation) is collections.abc.Callable:
        return "a function"
    if is_kind(get_origin(annotation), collections.abc.Collection):
        return f"a list, each element {readable(arguments[-1 if arguments[-1] is not Ellipsis else 0])}"
    return " or ".join(readable(a) for a in arguments) if arguments else called(annotation)


def called(annotation: Any) -> str:  # noqa: ANN401
    """Return the name of a plain class in words."""
    if is_kind(annotation, Enum):
        return f"one of {', '.join(annotation.__members__)}"
    return "a path" if is_kind(annotation, PurePath) else f"a {getattr(annotation, '__name__', annotation)}"


def is_kind(annotation: Any, kind: type) -> bool:  # noqa: ANN401
    """Return whether *annotation* is a class derived from *kind*."""
    return isinstance(annotation, type) and issubclass(annotation, kind)


def accepts_none(annotation: Any) -> bool:  # noqa: ANN401
    """Return whether null is a value of *annotation*."""
    return annotation in (None, type(None), Any) or type(None) in get_args(annotation)
