"""What is asked of the process: to heed signals, to keep freed memory, to have streams, to find the user's modules."""

import ctypes
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType, TracebackType
from typing import Any

from streamsim.simulation import Instrument, Simulation, TickRecord


class Interruption(Instrument):
    """Listens to signals while it is entered, and stops the simulation it watches after the tick.

    Attributes:
        signal: the signal that came, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._heard: int | None = None  # by this very process, of a team
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def start(self, simulation: Simulation) -> None:
        """See `Instrument.start`."""
        self._obey(simulation)

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        self._obey(record.simulation)

    def _obey(self, simulation: Simulation) -> None:
        # not in the handler: a signal between two runs would be forgotten when the next one starts
        found = simulation.team.largest(self._heard or 0)  # all stop after the same tick
        if found:  # what came while this was asked is heeded after the next one
            self.signal = found
            simulation.stop()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._heard is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = self._heard = number


# <malloc.h>
_M_TRIM_THRESHOLD = -1

_M_MMAP_THRESHOLD = -3

_LARGEST = 2**31 - 1


def keep_memory() -> bool:
    """Tell the C library to reuse freed blocks and not to return them to the operating system; return whether it will.

    By default glibc unmaps blocks of many megabytes as they are freed, so that each tick pays anew for having them
    zeroed page by page, which can take longer than the arithmetic. It concerns the whole process, and so it is for
    programs to call, not for libraries: `streamsim run` and the benchmarks do. Elsewhere than on Linux nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_M_TRIM_THRESHOLD, _LARGEST))


@contextmanager
def standard_streams(heard: bool = True) -> Iterator[None]:
    """See to it that there is something to write to, whatever the program was started with, and all can be written.

    A stream that is closed takes whatever comes and shows nothing; without that the next file that is opened would get
    its number, and what libraries write there. What the terminal's encoding lacks is written out as numbers. Who is not
    to be *heard* writes nowhere.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    before = sys.stdout, sys.stderr
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout, sys.stderr = ((heard and stream) or nowhere for stream in before)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


class CurrentFolder(MetaPathFinder):
    """Finds modules in a folder, after all others, so that nothing installed is hidden; packages register none there.

    Args:
        folder: where to look.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `MetaPathFinder.find_spec`."""
        return PathFinder.find_spec(fullname, [str(self.folder)], target) if path is None else None


@contextmanager
def current_folder() -> Iterator[None]:
    """Let classes be imported from the current folder."""
    finder = CurrentFolder(Path.cwd())
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
