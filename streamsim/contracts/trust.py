"""What a run folder may make us import by name, and where it may make us write: it can come from anybody."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePath

from .errors import UntrustedError


@dataclass(frozen=True)
class Limits:
    """What may be imported by name, and written to, while a run folder is read.

    Attributes:
        packages: names of top-level packages.
        folder: the run folder, where anything may be written.
        places: other places that may be written to, as they are spelt.
    """

    packages: frozenset[str]
    folder: Path
    places: frozenset[str]


# Names are followed at the bottom of a dozen calls, and by jsonargparse: a limit that had to be handed down would be
# missing wherever one of them forgot it.
_limits: ContextVar[Limits | None] = ContextVar("limits", default=None)
_trusting: ContextVar[bool] = ContextVar("trusting", default=False)


@contextmanager
def trusting() -> Iterator[None]:
    """Let everything be imported that a run folder names, whoever made it: the user has said so."""
    token = _trusting.set(True)
    try:
        yield
    finally:
        _trusting.reset(token)


@contextmanager
def imports_limited(packages: Collection[str], folder: Path, places: Collection[str] = ()) -> Iterator[None]:
    """Let only *packages* be imported by name, because the names stand in *folder*; inside `trusting` all may be.

    As little may be written outside *folder*, but to *places*.
    """
    limits = Limits(frozenset(packages), folder, frozenset(places))
    token = _limits.set(None if _trusting.get() else limits)
    try:
        yield
    finally:
        _limits.reset(token)


def require_importable(name: str, own: bool = False) -> None:
    """Raise `UntrustedError` if *name*, of a module or of something in one, must not be imported now.

    Whatever imports what a setting names asks this first.

    Args:
        name: what is to be imported.
        own: whether it is as well a text that may name no code, and may stay where the user himself wrote it.
    """
    limits = _limits.get()
    if limits is not None and package_of(name) not in limits.packages and not (own and name in limits.places):
        raise UntrustedError(
            f"{limits.folder / 'config.yaml'} names {name[:80]!r}, which is in no installed package that registers "
            f"parts, and this run was not made here: look at that code, then repeat the command with --trust to import "
            "it"
        )


def require_place(place: str | PurePath) -> None:
    """Raise `UntrustedError` if nothing must be written to *place* now.

    Whatever writes where a setting says asks this first.
    """
    limits = _limits.get()
    if limits is not None and not Path(os.path.realpath(place)).is_relative_to(os.path.realpath(limits.folder)):
        require_own(place, "write to")


def require_own(place: str | PurePath, act: str = "fetch a data set into") -> None:
    """Raise `UntrustedError` if nothing must be fetched into *place* now, not even into the run folder.

    Whatever fetches because a setting says so asks this first.
    """
    limits = _limits.get()
    if limits is not None and str(place) not in limits.places:
        raise UntrustedError(
            f"{limits.folder / 'config.yaml'} wants to {act} {str(place)[:80]!r}, and this run was not made here to do "
            "so: look at that place, then repeat the command with --trust to allow it"
        )


def package_of(name: str) -> str:
    """Return the top-level package of `package.module.Class` or `package.module:Class`."""
    return re.split("[.:]", name, maxsplit=1)[0]
