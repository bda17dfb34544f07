"""Folders that a user names, and what lies in them."""

import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from streamsim.contracts import DataError, require, require_own


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in *folder*, in the order in which people count.

    Raises:
        DataError: *folder* may not be read.
    """
    with readable(folder):
        return sorted((p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")), key=natural)


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return what is in *folder* with one of *suffixes*, in small letters, and is no folder, as people count.

    Raises:
        DataError: *folder* may not be read.
    """
    with readable(folder):
        return sorted((f for f in folder.iterdir() if f.suffix.lower() in suffixes and not f.is_dir()), key=natural)


def files_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return what is in *folder* and the folders in it, at any depth, as `files_in` does.

    Raises:
        DataError: one of the folders may not be read.
    """

    def refuse(error: OSError) -> None:
        with readable(Path(error.filename)):
            raise error

    places = sorted(place for place, _, _ in os.walk(folder, onerror=refuse))
    return [file for place in places for file in files_in(Path(place), suffixes)]


def present(file: Path) -> bool:
    """Return whether there is something called *file*, whatever it is.

    Raises:
        DataError: its folder may not be read.
    """
    with readable(file):
        return file.exists()


@contextmanager
def readable(path: Path, argument: str = "") -> Iterator[None]:
    """Turn what the system has against *path*, which a user gave as *argument*, into a sentence."""
    try:
        yield
    except OSError as error:
        where, why = error.filename or path, error.strerror or error
        raise DataError(f"{argument}{where} cannot be read ({why}): see to its rights, or name another") from None


def natural(path: Path) -> list[tuple[int, str]]:
    """Split a name into its words and numbers, so that names sort as people count."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def located(root: str | Path, argument: str, holds: str = "recordings") -> Path:
    """Return *root* as a path, whether or not there is something; `~` is the user's home.

    Args:
        root: the folder.
        argument: where a user gave it, for the sentence if it names none.
        holds: what it should hold, in a word.

    Raises:
        ConfigurationError: it is empty, which would be the current folder by accident.
        DataError: it is in the home of a user that does not exist.
    """
    require(bool(str(root)), f"{argument} is empty: give the folder that holds the {holds} (. is the current one)")
    try:
        return Path(root).expanduser()
    except RuntimeError:
        home = str(Path(root).parts[0])
        raise DataError(f"{argument}: there is no user whose home is {home!r}: write the path in full") from None


def fetched_into(root: str | Path, argument: str, holds: str = "recordings") -> Path:
    """Return *root* as a path into which a data set may be fetched; see `located`.

    Raises:
        UntrustedError: the run that wants it is somebody else's.
    """
    folder = located(root, argument, holds)
    require_own(root)
    return folder


def existing_folder(root: str | Path, argument: str, holds: str = "recordings") -> Path:
    """Return *root* as a path.

    Args:
        root: the folder.
        argument: where a user gave it, for the sentence if there is none.
        holds: what it should hold, in a word.

    Raises:
        ConfigurationError: it is empty.
        DataError: there is no such folder, or it may not be read.
    """
    folder = located(root, argument, holds)
    with readable(folder, f"{argument}: "):
        if not folder.is_dir():
            raise DataError(f"{argument}: there is no folder {str(folder)!r}: give the folder that holds the {holds}")
    return folder


def nearby(folder: Path, fits: Callable[[Path], bool]) -> str:
    """Return the end of a sentence about a wrong *folder*: what lies one level up or down and *fits*, or nothing.

    Args:
        folder: what was given; it exists.
        fits: whether a folder is what is wanted; one that may not be read is not.
    """
    within = next((p for p in subfolders(folder) if _suits(p, fits)), None)
    if within is not None:
        return f"; that is one level down: give {str(within)!r}"
    above = folder.parent if folder.parent != folder else folder.absolute().parent
    return f"; that is one level up: give {str(above)!r}" if _suits(above, fits) else ""


def _suits(folder: Path, fits: Callable[[Path], bool]) -> bool:
    try:
        return fits(folder)
    except (DataError, OSError):
        return False
