"""Lines that instruments write: where in a run something was measured, as files of one JSON object a line."""

import json
import math
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import ConfigurationError, RunFolderError
from streamsim.evaluation import Row
from streamsim.simulation import Pathway, Simulation
from streamsim.storage import Directory, json_value

Write: TypeAlias = Callable[[Row], None]
"""Appends one line to a file of the run folder."""


def nowhere(row: Row) -> None:
    """Forget a row that nobody wants."""


def find(simulation: Simulation, name: str | None) -> Pathway:
    """Return the pathway called *name*, by default the first.

    Raises:
        ConfigurationError: the simulation has no such pathway.
    """
    for pathway in simulation.pathways:
        if name in {None, pathway.name}:
            return pathway
    names = [pathway.name for pathway in simulation.pathways]
    raise ConfigurationError(f"no pathway is called {name!r}: this simulation has {names}")


def lasting(ticks: int, period: Fraction, own: Fraction) -> int:
    """Return how many ticks of *own* seconds it takes to pass *ticks* ticks of *period* seconds, at least 1."""
    return max(1, ceil(ticks * period / own))


def count(flags: Bool[Tensor, " streams"]) -> int:
    """Return how many of a few *flags* on the CPU are set; numpy is several times faster here than torch."""
    return int(np.count_nonzero(flags.numpy()))


def position(simulation: Simulation, pathway: Pathway, tick: int, saccades: int) -> Row:
    """Return where a run stands after *tick* ticks, on every axis that a curve may be drawn against.

    What is done to the order of frames, if anything, stands beside it.
    """
    order = pathway.order.describe()
    return {
        "tick": tick,
        "frames": tick * simulation.streams,
        "saccades": saccades,
        "seconds": float(tick * pathway.period),
        "pathway": pathway.name,
        **({"order": order} if order else {}),
    }


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
            appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._descriptor = Directory(self.path.parent).descriptor(self.path.name, appending)
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


def read_rows(path: Path, wrong: Callable[[Row], str] = lambda row: "") -> list[Row]:
    """Return the lines of *path*, without a last one that was cut short; none if there is no file.

    Args:
        path: the file.
        wrong: returns what is wrong with a line, if anything.

    Raises:
        RunFolderError: it is no plain file or cannot be read, or a line is damaged.
    """
    whole = (Directory(path.parent).read(path.name) or b"").rpartition(b"\n")[0]
    places = ((line, f"{path}, line {number}") for number, line in enumerate(whole.splitlines(), start=1))
    return [parsed_row(line, place, wrong) for line, place in places]


def parsed_row(line: bytes, place: str, wrong: Callable[[Row], str] = lambda row: "") -> Row:
    """Return the JSON object in *line*.

    Raises:
        RunFolderError: it holds none, or one with which something is *wrong*.
    """
    try:
        found = json_value(line)
    except ValueError:
        found = None
    row: Row = found if isinstance(found, dict) else {}
    said = "it is not a JSON object" if row is not found else wrong(row)
    if said:
        raise RunFolderError(f"{place} is damaged, {said}: restore the file from a copy, or move it out of the folder")
    return row


def file_lengths(folder: Path, names: Collection[str]) -> dict[str, int]:
    """Return the bytes of the files called *names* in *folder*, as far as they are there, after making them durable."""
    found = {}
    for name, descriptor in opened(folder, names, os.O_RDONLY):
        os.fsync(descriptor)
        found[name] = os.fstat(descriptor).st_size
    return found


def rewind_files(folder: Path, names: Collection[str], lengths: Mapping[str, int]) -> None:
    """Cut the files called *names* in *folder* back to what `file_lengths` returned, those it did not know to nothing.

    Nothing else that lies there is touched: it may be the user's.
    """
    for name, descriptor in opened(folder, names, os.O_WRONLY):
        os.ftruncate(descriptor, min(lengths.get(name, 0), os.fstat(descriptor).st_size))


def opened(folder: Path, names: Collection[str], flags: int) -> Iterator[tuple[str, int]]:
    """Yield each of *names* that is a file in *folder*, and its descriptor, which is closed before the next."""
    for name in sorted(names):
        try:
            descriptor = Directory(folder).descriptor(name, flags)
        except FileNotFoundError:
            continue
        try:
            yield name, descriptor
        finally:
            os.close(descriptor)


def finite(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Return *value* with every float that JSON cannot hold replaced by None."""
    if isinstance(value, dict):
        return {name: finite(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
