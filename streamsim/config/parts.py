"""What a constructor asks for, and what a part was made from: the two sides of a setting."""

import dataclasses
import inspect
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MethodType
from typing import Any, get_args, get_origin, get_type_hints

from streamsim.contracts import ConfigurationError


def parameters(chosen: type) -> dict[str, inspect.Parameter]:
    """Return the arguments of a class by name, with evaluated annotations; `**kwargs` reaches on to its base."""
    found: dict[str, inspect.Parameter] = {}
    for owner in chosen.__mro__:
        if "__init__" not in vars(owner) or owner is object:
            continue
        make = vars(owner)["__init__"]
        hints = get_type_hints(make)
        listed = list(inspect.signature(make).parameters.values())[1:]
        for p in listed:
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                found.setdefault(p.name, p.replace(annotation=hints.get(p.name, Any), default=default_of(owner, p)))
        if not any(p.kind is p.VAR_KEYWORD for p in listed):
            break
    return found


def default_of(owner: type, parameter: inspect.Parameter) -> Any:  # noqa: ANN401  defaults may be anything
    """Return the default of an argument of *owner*; where a dataclass makes one each time, one is made."""
    fields = getattr(owner, "__dataclass_fields__", {})
    factory = fields[parameter.name].default_factory if parameter.name in fields else dataclasses.MISSING
    return parameter.default if factory is dataclasses.MISSING else factory()


def described(part: object) -> dict[str, Any]:
    """Return the settings that *part* was made from; it keeps each as an attribute of that name, or of _name.

    Raises:
        ConfigurationError: it does not, so that it cannot be written down.
    """
    return {name: kept(part, name) for name in parameters(type(part))}


def kept(part: object, name: str) -> Any:  # noqa: ANN401  settings may be anything
    """Return what *part* was given as *name*."""
    own = getattr(part, "__dict__", {})
    for attribute in (name, f"_{name}"):
        if attribute in own:
            return own[attribute]
    found = getattr(part, name, part)
    if found is part or isinstance(found, MethodType):
        kind = type(part).__name__
        raise ConfigurationError(
            f"{kind} is a default and cannot be written down: let it keep its argument {name} as self.{name}"
        )
    return found


def is_part(annotation: Any) -> bool:  # noqa: ANN401  annotations may be anything
    """Return whether *annotation* is a class to be built from settings of its own, not a number, text or choice."""
    if not isinstance(annotation, type) or hasattr(annotation, "__args__") or issubclass(annotation, Enum):
        return False
    root = annotation.__module__.partition(".")[0]
    return root not in sys.stdlib_module_names and root not in ("torch", "numpy", "jaxtyping")


def is_union(annotation: Any) -> bool:  # noqa: ANN401
    """Return whether *annotation* is `A | B`, in either spelling."""
    return str(get_origin(annotation)) in ("typing.Union", "<class 'types.UnionType'>", "<class 'typing.Union'>")


def members(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Return A and B of `A | B`, or *annotation* itself."""
    return get_args(annotation) if is_union(annotation) else (annotation,)


def bases_in(annotation: Any, value: Any) -> tuple[type, ...]:  # noqa: ANN401
    """Return the classes of which *value* describes one as *annotation* wants it; none if it describes no part."""
    found = [m for m in members(annotation) if m is not type(None)]
    parts = tuple(m for m in found if is_part(m))
    return parts if len(parts) == len(found) or isinstance(value, (dict, *parts)) else ()


def collection_in(annotation: Any) -> Any:  # noqa: ANN401
    """Return the member of *annotation* that is a list or dictionary of parts, or None."""
    return next((m for m in members(annotation) if element(m) is not None), None)


def element(annotation: Any) -> Any:  # noqa: ANN401
    """Return the class of the elements of a list or dictionary type if it is a part to be built, else None."""
    origin = get_origin(annotation)
    if not (isinstance(origin, type) and issubclass(origin, (Sequence, Mapping))):
        return None
    kinds = [a for a in get_args(annotation) if a is not Ellipsis]
    return kinds[-1] if any(is_part(a) for a in members(kinds[-1])) else None


def is_mapping(annotation: Any) -> bool:  # noqa: ANN401
    """Return whether *annotation* is a dictionary type."""
    return issubclass(get_origin(annotation), Mapping)
