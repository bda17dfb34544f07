"""Files that a user names, and what may lie in their place."""

import stat
from pathlib import Path

from streamsim.contracts import DataError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def ordinary(file: Path) -> Path:
    """Return *file* if it can be opened without waiting: a pipe may have nobody at its other end, a device no end.

    Whatever opens a file that a user named goes through here.

    Raises:
        OSError: it is no ordinary file, or not there; the message says which.
    """
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(f"it is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a file")
    return file


def text_in(file: Path) -> str:
    """Return the text in *file*.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return ordinary(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} is not readable as text in UTF-8 ({error}): restore it") from None


OR_SKIP = "or pass it over with --on-damaged skip"


def unreadable(file: Path, why: str) -> DataError:
    """Return the error to raise for a damaged recording."""
    return DataError(f"{file} is not a readable recording ({why.strip().rstrip('.')}): restore it, {OR_SKIP}")
