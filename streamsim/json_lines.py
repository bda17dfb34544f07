"""Files of one JSON object a line, the truth about a run."""

import json
import math
import os
from pathlib import Path
from typing import Any

from .errors import RunFolderError


class JsonLines:
    """Appends whole lines, unbuffered: what was written survives kill -9, and a full disk leaves no half line.

    Args:
        path: the file; made at the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def write(self, row: dict[str, Any]) -> None:
        """Append one line; nan and infinities, which JSON lacks, become null."""
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        line = (json.dumps(finite(row), separators=(",", ":"), allow_nan=False) + "\n").encode()
        before = os.fstat(self._descriptor).st_size
        try:
            written = os.write(self._descriptor, line)
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError:
            os.ftruncate(self._descriptor, before)
            raise

    def close(self) -> None:
        """Close the file; a later `write` opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the lines of *path*, without a last one that was cut short; none if there is no file.

    Raises:
        RunFolderError: a line is damaged.
    """
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [parsed(line, f"{path}, line {number}") for number, line in enumerate(whole.splitlines(), start=1)]


def parsed(line: bytes, place: str) -> dict[str, Any]:
    """Return the JSON object in *line*."""
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise RunFolderError(
            f"{place} is damaged, it is not a JSON object: restore the file from a copy, or move it out of the folder"
        )
    return row


def lengths(folder: Path) -> dict[str, int]:
    """Return the bytes of every JSON-lines file in *folder*, after making them durable."""
    found = {}
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            found[path.name] = os.fstat(file.fileno()).st_size
    return found


def rewind(folder: Path, lengths: dict[str, int]) -> None:
    """Cut every JSON-lines file in *folder* back to what `lengths` returned."""
    for path in folder.glob("*.jsonl"):
        os.truncate(path, min(lengths.get(path.name, 0), path.stat().st_size))


def finite(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return *value* with every float that JSON cannot hold replaced by None."""
    if isinstance(value, dict):
        return {name: finite(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
