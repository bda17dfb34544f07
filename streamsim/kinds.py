"""Which class a name in a configuration stands for."""

import inspect
import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any

from . import registry
from .agent import Agent
from .environment import Environment
from .errors import ConfigurationError
from .spelling import normal, suggestion

GROUPS: dict[type, str] = {Environment: "environments", Agent: "agents"}


def is_part(annotation: Any) -> bool:  # noqa: ANN401  annotations may be anything
    """Return whether *annotation* is a class to be built from settings of its own, not a number, text or choice."""
    if not isinstance(annotation, type) or hasattr(annotation, "__args__") or issubclass(annotation, Enum):
        return False
    root = annotation.__module__.partition(".")[0]
    return root not in sys.stdlib_module_names and root not in ("torch", "numpy", "jaxtyping")


def choose(name: str | None, bases: tuple[type, ...], path: str) -> tuple[str, type]:
    """Return what *name* stands for, a registered short name, the name of a loaded class or a class path, and its path.

    Raises:
        ConfigurationError: the name is unknown, or its class is not of the kind that *path* takes.
    """
    class_path = name_of(only(bases, path)) if name is None else path_of(str(name), bases, path)
    found = imported(class_path, path)
    if not issubclass(found, bases):
        kinds = " or ".join(base.__name__ for base in bases)
        raise ConfigurationError(f"{path} must be a kind of {kinds}, which {found.__name__} is not")
    if inspect.isabstract(found):
        raise ConfigurationError(f"{path} cannot be the abstract {found.__name__}: {options(bases)}")
    return class_path, found


def only(bases: tuple[type, ...], path: str) -> type:
    """Return the class that settings without a class name belong to."""
    if len(bases) > 1 or inspect.isabstract(bases[0]):
        kinds = " or ".join(base.__name__ for base in bases)
        raise ConfigurationError(f"{path} needs the name of its {kinds}: {options(bases)}")
    return bases[0]


def path_of(name: str, bases: tuple[type, ...], path: str) -> str:
    """Return the path of the class called *name*; one that was given stays as it is, for it is the public one."""
    if "." in name or ":" in name:
        return name.replace(":", ".")
    known = known_classes(bases)
    match = {normal(n): n for n in known}.get(normal(name))
    if match is None:
        raise ConfigurationError(f"{path} {name!r} is not known (nor a class path): {suggestion(name, known)}")
    return known[match]


def imported(class_path: str, path: str) -> type:
    """Return the class at *class_path* for the setting called *path*."""
    try:
        return registry.import_class(class_path)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def known_classes(bases: tuple[type, ...]) -> dict[str, str]:
    """Return the paths of concrete subclasses of *bases*, those that are loaded and those that are registered."""
    loaded = {c.__name__: name_of(c) for base in bases for c in descendants(base) if not inspect.isabstract(c)}
    registered = {
        name: entry.value.replace(":", ".")
        for kind, group in GROUPS.items()
        if any(issubclass(base, kind) for base in bases)
        for name, entry in registry.entries(group).items()
    }
    return {**loaded, **registered}


def descendants(base: type) -> Iterator[type]:
    """Yield *base* and everything derived from it, as far as it is loaded and public."""
    if not base.__name__.startswith("_"):
        yield base
    derived: type
    for derived in base.__subclasses__():
        yield from descendants(derived)


def options(bases: tuple[type, ...]) -> str:
    """Return the end of a sentence that lists what can be chosen."""
    return f"choose among {', '.join(sorted(known_classes(bases)))}, or give a class path"


def name_of(chosen: type) -> str:
    """Return the class path that leads back to *chosen*."""
    return f"{chosen.__module__}.{chosen.__qualname__}"
