"""What a name in a configuration stands for: short names found through entry points, and class paths."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Iterator
from enum import Enum
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from streamsim.contracts import Agent, ConfigurationError, Environment, normal, require, suggestion

KINDS = ("environments", "agents", "presets")


def kinds() -> tuple[str, ...]:
    """Return the names of everything that packages can register and `catalogue` can list."""
    return KINDS


def entries(kind: str) -> dict[str, EntryPoint]:
    """Return the entry points of the group `streamsim.<kind>` by short name."""
    return {entry.name: entry for entry in entry_points(group=f"streamsim.{kind}")}


def presets() -> dict[str, Traversable]:
    """Return every preset by name: the YAML files of all packages registered as `streamsim.presets`."""
    found: dict[str, Traversable] = {}
    for entry in entries("presets").values():
        for file in files(entry.value).iterdir():
            if file.name.endswith(".yaml"):
                found.setdefault(file.name.removesuffix(".yaml"), file)
    return found


def preset(name: str) -> Traversable:
    """Return the file of the preset called *name*.

    Raises:
        ConfigurationError: there is none.
    """
    known = presets()
    if name not in known:
        raise ConfigurationError(f"preset {name!r} is not known: {suggestion(name, known)}")
    return known[name]


def import_class(path: str) -> type:
    """Return the class at `package.module.Class` or `package.module:Class`.

    Raises:
        ConfigurationError: a module cannot be found or imported, or it holds no such class.
    """
    parts = path.replace(":", ".").split(".")
    require(len(parts) > 1 and all(parts), f"{path!r} is not a class path: write it as package.module:Class")
    module, name = ".".join(parts[:-1]), parts[-1]
    try:
        home = importlib.import_module(module)
    except (ImportError, SyntaxError) as error:
        raise ConfigurationError(f"cannot import {path!r}: {trouble(error)}") from None
    found = getattr(home, name, None)
    if not isinstance(found, type):
        classes = [n for n, value in vars(home).items() if isinstance(value, type)]
        raise ConfigurationError(f"module {module!r} has no class {name!r}: {suggestion(name, classes)}")
    return found


def trouble(error: ImportError | SyntaxError) -> str:
    """Return what kept a module from being imported, and where it is to be mended."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}; correct the syntax"
    frames = traceback.extract_tb(error.__traceback__)
    cause = next(frame for frame in reversed(frames) if "importlib" not in frame.filename)
    if cause.filename == __file__:
        return f"there is no module {error.name!r}; check the spelling or install its package"
    return f"{cause.filename}, line {cause.lineno}: {error}; correct the import or install what it needs"


def catalogue(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, origin and first sentence of everything registered as *kind*."""
    if kind == "presets":
        for name, file in sorted(presets().items()):
            yield name, file.name, heading(file.read_text())
        return
    for name, entry in sorted(entries(kind).items()):
        try:
            yield name, entry.value, (inspect.getdoc(import_class(entry.value)) or "").partition("\n")[0]
        except ConfigurationError as error:
            yield name, entry.value, f"unavailable: {error}"


def heading(yaml: str) -> str:
    """Return the first comment of a YAML text."""
    return next((line.lstrip("# ").rstrip() for line in yaml.splitlines() if line.startswith("#")), "")


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
        return import_class(class_path)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def known_classes(bases: tuple[type, ...]) -> dict[str, str]:
    """Return the paths of concrete subclasses of *bases*, those that are loaded and those that are registered."""
    loaded = {c.__name__: name_of(c) for base in bases for c in descendants(base) if not inspect.isabstract(c)}
    registered = {
        name: entry.value.replace(":", ".")
        for kind, group in GROUPS.items()
        if any(issubclass(base, kind) for base in bases)
        for name, entry in entries(group).items()
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
