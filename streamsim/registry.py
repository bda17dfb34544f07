"""Worlds, agents and presets under short names, found through entry points: the built-in ones like a stranger's."""

import importlib
import inspect
import traceback
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable

from .errors import ConfigurationError, require
from .spelling import suggestion

KINDS = ("environments", "agents", "presets")


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
