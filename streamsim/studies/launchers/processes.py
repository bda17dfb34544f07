"""Cells on the cores of this machine, each in a process of its own."""

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection, forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from streamsim.config import packages
from streamsim.contracts import require
from streamsim.storage import Directory

from .cell import Cell, ended_by
from .launcher import Launcher, News
from .worker import work

BEAT = 0.5  # seconds

SAFE = "PYTHONSAFEPATH"

PRELOAD = f"{__package__}.preload"


@dataclass(frozen=True)
class Processes(Launcher):
    """Runs cells on the cores of this machine.

    A process runs one cell and ends, so that whatever kills it ends one cell only; a cell that is lost so is continued
    once from its checkpoint. Processes are forked from one that has imported what they need, which takes seconds.

    Where jobs and threads together take all cores, each process stays on its own; where they take fewer, the system
    chooses, which knows what else is running.

    Args:
        jobs: how many run at once, by default one on each core.
        threads: that each computes with.
        trust: whether cells may import whatever they name.
    """

    jobs: int = field(default_factory=lambda: len(available()))
    threads: int = 1
    trust: bool = False

    def __post_init__(self) -> None:
        for name, value in (("jobs", self.jobs), ("threads", self.threads)):
            require(1 <= value <= 4096, f"{name} must lie between 1 and 4096 (got {value}): give --{name} 1 or more")

    def launch(self, cells: Sequence[Path], stopped: Callable[[], bool]) -> Iterator[News]:
        """See `Launcher.launch`."""
        crew = Crew(self, deque(cells), deque(self.places()))
        try:
            warm()
            while crew.busy(stopped()):
                began = crew.start_some(stopped())
                if stopped():
                    crew.stop()
                yield News(began, crew.wait(stopped()))
        finally:
            crew.stop()

    def places(self) -> list[tuple[int, ...]]:
        """Return the cores of each job, none where it may run on all."""
        cores = available()
        if self.jobs * self.threads != len(cores) or not hasattr(os, "sched_setaffinity"):
            return [()] * self.jobs
        return [tuple(cores[job * self.threads : (job + 1) * self.threads]) for job in range(self.jobs)]


@dataclass
class Crew:
    """The processes that are at work, and the cells that wait for one.

    Args:
        kind: how they are started.
        waiting: cells.
        places: cores that are free, process by process.
    """

    kind: Processes
    waiting: deque[Path]
    places: deque[tuple[int, ...]]
    running: dict[Path, tuple[ForkServerProcess, tuple[int, ...]]] = field(default_factory=dict)
    lost: set[Path] = field(default_factory=set)

    def busy(self, stopped: bool) -> bool:
        """Tell whether there is anything to wait for."""
        return bool(self.running or (self.waiting and not stopped))

    def start_some(self, stopped: bool) -> list[Path]:
        """Start as many cells as there is room for, and return their folders."""
        began: list[Path] = []
        while self.waiting and self.places and not stopped:
            folder, cores = self.waiting.popleft(), self.places.popleft()
            arguments = (str(folder), self.kind.threads, cores, self.kind.trust)
            process = multiprocessing.get_context("forkserver").Process(target=work, args=arguments)
            process.start()
            self.running[folder] = process, cores
            began.append(folder)
        return began

    def wait(self, stopped: bool) -> dict[Path, str]:
        """Wait a moment for processes to end; return how cells ended that are not started again."""
        connection.wait([process.sentinel for process, _ in self.running.values()], BEAT)
        over = {folder: process for folder, (process, _) in self.running.items() if not process.is_alive()}
        return {folder: said for folder, one in over.items() if (said := self._ended(folder, one, stopped)) is not None}

    def stop(self) -> None:
        """Ask all to save and to end."""
        for process, _ in self.running.values():
            process.terminate()

    def _ended(self, folder: Path, process: ForkServerProcess, stopped: bool) -> str | None:
        """Clear up after a process; return how it ended if it said nothing itself, None if its cell goes on."""
        _, cores = self.running.pop(folder)
        self.places.append(cores)
        code = process.exitcode or 0
        process.close()
        if code == 0 or stopped:
            return ""
        if folder not in self.lost and Cell(Directory(folder)).saved():
            self.lost.add(folder)
            self.waiting.append(folder)
            return None
        return ended_by(code)


def warm() -> None:
    """Start the process that all others are forked from: it imports, and computes nothing.

    It and its children never see Ctrl-C, which a terminal sends to all at once: they are told to end by their starter.
    What it imports does not come from the current folder, which may be a stranger's.
    """
    known = packages()
    own = sorted(name for name in sys.modules if name.partition(".")[0] in known and not name.endswith("__main__"))
    multiprocessing.get_context("forkserver").set_forkserver_preload([*own, PRELOAD])
    before, safe = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}), os.environ.get(SAFE)
    os.environ[SAFE] = "1"
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if safe is None:
            del os.environ[SAFE]


def available() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
