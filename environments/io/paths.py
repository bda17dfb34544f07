"""Files and folders that a user names."""

import re
from collections.abc import Callable
from pathlib import Path

from streamsim.contracts import DataError


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in *folder*, in the order in which people count."""
    return sorted((p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")), key=natural)


def natural(path: Path) -> list[tuple[int, str]]:
    """Split a name into its words and numbers, so that names sort as people count."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def existing_folder(root: str | Path, argument: str, holds: str = "recordings") -> Path:
    """Return *root* as a path.

    Args:
        root: the folder.
        argument: where a user gave it, for the sentence if there is none.
        holds: what it should hold, in a word.

    Raises:
        DataError: there is no such folder.
    """
    folder = named_folder(root, argument)
    if not folder.is_dir():
        raise DataError(f"{argument}: there is no folder {str(folder)!r}: give the folder that holds the {holds}")
    return folder


def named_folder(root: str | Path, argument: str) -> Path:
    """Return *root* as a path, of a folder that there may or may not be; `~` is the user's home.

    Raises:
        DataError: no folder can be called so.
    """
    name = str(root)
    if not name:
        raise DataError(f"{argument}: '' names no folder: give its path, or . for the current folder")
    try:
        folder = Path(name).expanduser()
        folder.exists()
    except (RuntimeError, OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{argument}: no folder is called {name[:80]!r} ({why}): check its path") from None
    return folder


def nearby(folder: Path, fits: Callable[[Path], bool]) -> str:
    """Return the end of a sentence about a wrong *folder*: what lies one level up or down and *fits*, or nothing.

    Args:
        folder: what was given; it exists.
        fits: whether a folder is what is wanted.
    """
    within = next((p for p in subfolders(folder) if fits(p)), None)
    if within is not None:
        return f"; that is one level down: give {str(within)!r}"
    above = folder.parent if folder.parent != folder else folder.absolute().parent
    return f"; that is one level up: give {str(above)!r}" if fits(above) else ""


def text_in(file: Path) -> str:
    """Return the text in *file*.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} is not readable as text in UTF-8 ({error}): restore it") from None


OR_SKIP = "or pass it over with --on-damaged skip"


def unreadable(file: Path, why: str) -> DataError:
    """Return the error to raise for a damaged recording."""
    return DataError(f"{file} is not a readable recording ({why.strip().rstrip('.')}): restore it, {OR_SKIP}")
