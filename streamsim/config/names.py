"""From names in a configuration to classes, and back to names that outlive a move of files."""

import inspect
import sys
from collections.abc import Iterator

from streamsim.contracts import ConfigurationError, normal, suggestion

from .registry import entries, import_class, kinds_of, loaded_class, path_in


def choose(name: str | None, bases: tuple[type, ...], path: str) -> tuple[str, type]:
    """Return what *name* stands for, a registered short name, the name of a loaded class or a class path, and its name.

    Raises:
        ConfigurationError: the name is unknown, or its class is not of the kind that *path* takes.
    """
    if name is None:
        chosen = only(bases, path)
        return name_of(chosen, bases), chosen
    class_path = path_of(str(name), bases, path)
    found = imported(class_path, path)
    if not issubclass(found, bases):
        raise ConfigurationError(f"{path} must be a kind of {either(bases)}, which {found.__name__} is not")
    if inspect.isabstract(found) and not found.__subclasses__():
        missing = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
        raise ConfigurationError(f"{path}: {found.__name__} lacks {missing}: define them in the class")
    if inspect.isabstract(found):
        raise ConfigurationError(f"{path} cannot be the abstract {found.__name__}: {options(bases)}")
    return name_of(found, bases, class_path), found


def only(bases: tuple[type, ...], path: str) -> type:
    """Return the class that settings without a class name belong to."""
    first, *others = bases
    if others or inspect.isabstract(first):
        raise ConfigurationError(f"{path} needs the name of its {either(bases)}: {options(bases)}")
    return first


def path_of(name: str, bases: tuple[type, ...], path: str) -> str:
    """Return the path of the class called *name*; a path stays as it is."""
    if "." in name or ":" in name:
        return name.replace(":", ".")
    known = known_classes(bases)
    wanted = normal(name)
    # names of long ago lead on, but are not offered
    found = next((target for n, target in (*known.items(), *former_classes(bases)) if normal(n) == wanted), None)
    if found is None:
        raise ConfigurationError(f"{path} {name!r} is not known (nor a class path): {suggestion(name, known)}")
    homes = sorted({located(c) for base in bases for c in descendants(base) if c.__name__ == name})
    if len(homes) > 1 and found in homes:
        raise ConfigurationError(f"{path} {name!r} is the name of several classes: give one of {', '.join(homes)}")
    return known.get(name, found)


def imported(class_path: str, path: str) -> type:
    """Return the class at *class_path* for the setting called *path*."""
    try:
        return import_class(class_path)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def known_classes(bases: tuple[type, ...]) -> dict[str, str]:
    """Return the paths of concrete subclasses of *bases* by name, those that are registered and those loaded."""
    registered = {
        name: path_in(entry)
        for kind in {kind for base in bases for kind in kinds_of(base)}
        for name, entry in entries(kind).items()
        if issubclass(loaded_class(entry) or bases[0], bases)
    }
    there = {c.__name__: located(c) for base in bases for c in descendants(base) if not inspect.isabstract(c)}
    return {**registered, **{name: path for name, path in there.items() if name not in registered}}


def former_classes(bases: tuple[type, ...]) -> Iterator[tuple[str, str]]:
    """Yield former names of subclasses of *bases*, as far as these are loaded, without their modules; and the paths."""
    for old, entry in entries("renamed").items():
        found = loaded_class(entry)
        if found is not None and issubclass(found, bases):
            yield old.rpartition(".")[2], path_in(entry)


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


def either(bases: tuple[type, ...]) -> str:
    """Return the names of *bases* for a sentence."""
    return " or ".join(base.__name__ for base in bases)


def name_of(chosen: type, bases: tuple[type, ...], given: str | None = None) -> str:
    """Return the name to write for *chosen* where one of *bases* is wanted: no file's, so that a move breaks nothing.

    That is its registered short name, or the shortest path at which a package hands it out, or else the path *given*.
    """
    for kind in kinds_of(chosen):
        if any(kind in kinds_of(base) for base in bases):
            for name, entry in entries(kind).items():
                if loaded_class(entry) is chosen:
                    return name
    return public_path(chosen) or given or located(chosen)


def public_path(chosen: type) -> str | None:
    """Return the shortest path at which a package above the file of *chosen* hands it out, or None."""
    parts = chosen.__module__.split(".")
    for count in range(1, len(parts) + 1):
        home = sys.modules.get(".".join(parts[:count]))
        listed = chosen.__name__ in getattr(home, "__all__", (chosen.__name__,))
        if hasattr(home, "__path__") and listed and getattr(home, chosen.__name__, None) is chosen:
            return f"{'.'.join(parts[:count])}.{chosen.__name__}"
    return None


def located(chosen: type) -> str:
    """Return the path of the file that holds *chosen*, and its name there."""
    return f"{chosen.__module__}.{chosen.__qualname__}"
