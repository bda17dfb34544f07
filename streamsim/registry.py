"""Worlds, agents and presets under short names, found through entry points: the built-in ones like a stranger's."""

import importlib
import inspect
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable

from .errors import ConfigurationError
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
        ConfigurationError: a module cannot be found, or it holds no such class.
    """
    module, _, name = path.replace(":", ".").rpartition(".")
    try:
        home = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"cannot import {path!r}: there is no module {error.name!r}; check the spelling or install its package"
        ) from None
    found = getattr(home, name, None)
    if not isinstance(found, type):
        classes = [n for n, value in vars(home).items() if isinstance(value, type)]
        raise ConfigurationError(f"module {module!r} has no class {name!r}: {suggestion(name, classes)}")
    return found


def catalogue(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, origin and first sentence of everything registered as *kind*."""
    if kind == "presets":
        for name, file in sorted(presets().items()):
            yield name, file.name, heading(file.read_text())
        return
    for name, entry in sorted(entries(kind).items()):
        try:
            yield name, entry.value, (inspect.getdoc(import_class(entry.value)) or "").partition("\n")[0]
        except (ConfigurationError, ImportError) as error:
            yield name, entry.value, f"unavailable: {error}"


def heading(yaml: str) -> str:
    """Return the first comment of a YAML text."""
    return next((line.lstrip("# ").rstrip() for line in yaml.splitlines() if line.startswith("#")), "")
