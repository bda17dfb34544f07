"""Mistakes in the names of settings, told with all the settings in view that there are."""

from collections.abc import Collection
from typing import Any, Final

from streamsim.contracts import ConfigurationError, nearest, suggestion

ABSENT: Final[Any] = object()
"""Stands in a tree of settings for one that is yet to be given, or that is not to be looked at."""


class MissingSetting(ConfigurationError):
    """A setting without a default was not given.

    Args:
        name: its dotted name.
        owner: name of the class that needs it.
        kind: in words, what it takes.
    """

    def __init__(self, name: str, owner: str, kind: str) -> None:
        super().__init__(f"{owner} needs {name}: give --{name} with {kind}")
        self.name = name


class UnknownSetting(ConfigurationError):
    """A name that is no setting where it stands.

    Args:
        name: the dotted name.
        owner: name of the class that has no such argument.
        here: dotted names of the arguments that it has.
        everywhere: dotted names of all settings, as far as they are known.
    """

    def __init__(self, name: str, owner: str, here: Collection[str], everywhere: Collection[str] = ()) -> None:
        what = f"is not an option of {owner}" if "." in name else "is not a setting"
        found = nearest(name, here) or elsewhere(name, everywhere)
        super().__init__(f"{name} {what}: {f'did you mean {found}?' if found else suggestion(name, here)}")
        self.name, self.owner, self.here = name, owner, here

    def among(self, everywhere: Collection[str]) -> "UnknownSetting":
        """Return the same mistake, told with all settings *everywhere* in view."""
        return UnknownSetting(self.name, self.owner, self.here, everywhere)


def elsewhere(name: str, names: Collection[str]) -> str | None:
    """Return which of *names* is meant by *name*, if it stands further in or further out than it should."""
    place = parent(name)
    within = [n for n in names if not place or n.startswith(f"{place}.")]
    around = [n for n in names if not parent(n) or place.startswith(f"{parent(n)}.")]
    return nearest(name, within, cutoff=0.8) or nearest(name, around, cutoff=0.8)


def parent(name: str) -> str:
    """Return the dotted *name* without its last word."""
    return name.rpartition(".")[0]
