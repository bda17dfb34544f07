"""What packages register: kinds of parts with their short names, former names, and presets."""

import importlib
import inspect
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import Any

from streamsim.contracts import ConfigurationError, package_of, require, require_importable, suggestion

# a full stop ends a sentence where another one begins or nothing follows; "et al. (2021)" goes on
_END = re.compile(r"(?<!\bal)(?<!e\.g)(?<!i\.e)[.!?](?=\s+[A-Z`*]|$)")

TABLES = "tables"
"""The folder in a package of presets whose files are no presets themselves, but hold many each."""


def entries(kind: str) -> dict[str, EntryPoint]:
    """Return the entry points of the group `streamsim.<kind>` by short name."""
    return _group(f"streamsim.{kind}", tuple(sys.path))


@lru_cache(maxsize=128)
def _group(group: str, paths: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name; *paths* are Python's own and say when to look again."""
    return {entry.name: entry for entry in _installed(paths).select(group=group)}


@lru_cache(maxsize=4)
def _installed(paths: tuple[str, ...]) -> Any:  # noqa: ANN401  its type differs between versions of Python
    """Return the entry points of all packages, which takes a tenth of a second to read."""
    return entry_points()


def kinds() -> tuple[str, ...]:
    """Return the names of everything that packages can register and `catalogue` can list."""
    return (*sorted(entries("kinds")), "presets")


def packages() -> frozenset[str]:
    """Return the names of the top-level packages that register something, this one among them."""
    installed = _installed(tuple(sys.path))
    groups = [group for group in installed.groups if group.partition(".")[0] == "streamsim"]
    found = {entry.value for group in groups for entry in installed.select(group=group)}
    return frozenset(map(package_of, (__name__, *found)))


def kinds_of(part: type) -> list[str]:
    """Return the kinds that *part* is of; a kind that no part of is loaded is passed over without loading it."""
    bases = {name: loaded_class(entry) for name, entry in entries("kinds").items()}
    return [name for name, base in bases.items() if base is not None and issubclass(part, base)]


def loaded_class(entry: EntryPoint) -> type | None:
    """Return the class that *entry* stands for if its module is loaded."""
    module, _, name = path_in(entry).rpartition(".")
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else None


def path_in(entry: EntryPoint) -> str:
    """Return the class path that *entry* stands for, as it was written, which need not be one."""
    return entry.value.partition("[")[0].strip().replace(":", ".")


def former(name: str) -> str | None:
    """Return today's path of what was once at the class path *name*, or None if nothing has been renamed so.

    Former names are data: an entry point in the group `streamsim.renamed`, named by the old path, leads to the class.
    """
    entry = entries("renamed").get(name)
    return path_in(entry) if entry else None


def presets() -> dict[str, Traversable]:
    """Return every preset by name: the YAML files of all packages registered as `streamsim.presets`.

    One in a folder of such a package is called FOLDER/NAME. A package that cannot be imported has none: it must not
    keep the presets of others from being run; `catalogue` tells what is wrong with it.
    """
    found: dict[str, Traversable] = {}
    for entry in entries("presets").values():
        with suppress(ConfigurationError):
            found = {**presets_of(entry), **found}
    return found


def presets_of(entry: EntryPoint) -> dict[str, Traversable]:
    """Return the presets of one package by name.

    Raises:
        ConfigurationError: it cannot be imported, or is no package.
    """
    return {name: file for name, file in _yaml_files(home_of(entry)) if not name.startswith(f"{TABLES}/")}


def home_of(entry: EntryPoint) -> Traversable:
    """Return the folder of a package that is registered for its YAML files.

    Raises:
        ConfigurationError: it cannot be imported, or is no package.
    """
    home = module_at(entry.value, entry.value)
    require(hasattr(home, "__path__"), f"{entry.value!r} is no package: register one that holds YAML files")
    return files(home)


def tables() -> dict[str, Traversable]:
    """Return every table of a paper by name: the YAML files in the folder `tables` of all packages of presets."""
    found: dict[str, Traversable] = {}
    for entry in entries("presets").values():
        with suppress(ConfigurationError):
            folder = home_of(entry).joinpath(TABLES)
            found = {**(dict(_yaml_files(folder)) if folder.is_dir() else {}), **found}
    return found


def _yaml_files(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    """Yield every YAML file in *folder* and in the folders in it, by its path without the ending."""
    for file in folder.iterdir():
        if file.is_dir():
            yield from _yaml_files(file, f"{path}{file.name}/")
        elif file.name.endswith(".yaml"):
            yield path + file.name.removesuffix(".yaml"), file


def preset(name: str) -> Traversable:
    """Return the file of the preset called *name*.

    Raises:
        ConfigurationError: there is none.
    """
    known = presets()
    if name not in known:
        raise ConfigurationError(f"preset {name!r} is not known: {suggestion(name, (*known, *tables()))}")
    return known[name]


def import_class(path: str) -> type:
    """Return the class at `package.module.Class` or `package.module:Class`, or what has become of it.

    Raises:
        ConfigurationError: a module cannot be found or imported, or it holds no such class.
        UntrustedError: a run folder names it that was made elsewhere.
    """
    dots = path.replace(":", ".")
    parts = (former(dots) or dots).split(".")
    require(len(parts) > 1 and all(parts), f"{path!r} is not a class path: write it as package.module:Class")
    module, name = ".".join(parts[:-1]), parts[-1]
    require_importable(former(dots) or dots)
    home = module_at(module, path)
    found = getattr(home, name, None)
    if not isinstance(found, type):
        classes = [n for n, value in vars(home).items() if isinstance(value, type)]
        raise ConfigurationError(f"module {module!r} has no class {name!r}: {suggestion(name, classes)}")
    return found


def module_at(name: str, wanted: str) -> ModuleType:
    """Return the module called *name*, which is imported for the sake of what is *wanted*.

    Raises:
        ConfigurationError: it cannot be found, or its import ends with an error of whatever kind.
    """
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"cannot import {wanted!r}: {trouble(error)}") from None


def loaded_entry(entry: EntryPoint) -> Any:  # noqa: ANN401  anything may be registered
    """Return what is registered as *entry*.

    Raises:
        ConfigurationError: it cannot be imported, or is not there.
    """
    module, _, name = path_in(entry).rpartition(".")
    found = getattr(module_at(module, entry.value), name, None)
    require(found is not None, f"module {module!r} has no {name!r}, which a package registers as {entry.name!r}")
    return found


def trouble(error: BaseException) -> str:
    """Return what kept a module from being imported, and where it is to be mended."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}; correct the syntax"
    frames = traceback.extract_tb(error.__traceback__)
    cause = next(frame for frame in reversed(frames) if "importlib" not in frame.filename)
    place = f"{cause.filename}, line {cause.lineno}"
    if not isinstance(error, ImportError):
        return f"{place}: {type(error).__name__}: {error}; correct what is done there as the module is imported"
    if cause.filename == __file__:
        return f"there is no module {error.name!r}; check the spelling or install its package"
    return f"{place}: {error}; correct the import or install what it needs"


def catalogue(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, origin and first sentence of everything registered as *kind*."""
    if kind == "presets":
        for name, file in sorted(presets().items()):
            yield name, f"{name}.yaml", first_sentence(heading(file.read_bytes().decode("utf-8", "replace")))
        yield from without_presets()
        return
    for name, entry in sorted(entries(kind).items()):
        try:
            yield name, entry.value, first_sentence(inspect.getdoc(import_class(entry.value)) or "")
        except ConfigurationError as error:
            yield name, entry.value, f"unavailable: {error}"


def without_presets() -> Iterator[tuple[str, str, str]]:
    """Yield name, module and what is wrong of the packages whose presets cannot be read."""
    for name, entry in sorted(entries("presets").items()):
        try:
            presets_of(entry)
        except ConfigurationError as error:
            yield name, entry.value, f"unavailable: {error}"


def first_sentence(text: str) -> str:
    """Return the first sentence of *text*, over however many lines it runs, at most a paragraph."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    end = _END.search(paragraph)
    return paragraph[: end.end()] if end else paragraph


def heading(yaml: str) -> str:
    """Return the comment with which a YAML text begins."""
    lines = yaml.lstrip().splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "\n".join(line.lstrip("# ").rstrip() for line in lines[:count])
