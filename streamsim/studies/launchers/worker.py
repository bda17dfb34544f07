"""One cell in a process of its own, with its share of the machine, and never without whoever started it."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Collection
from contextlib import ExitStack
from multiprocessing.connection import wait
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from streamsim.contracts import RunFolderError, StreamsimError, trusting
from streamsim.launch import again
from streamsim.runs import FolderInUseError, current_folder, keep_memory, own_imports, say
from streamsim.simulation import shortage
from streamsim.storage import Directory

from .cell import LOG, Cell

PATIENCE = 150.0
"""Seconds to wait for a folder: a process whose starter was killed saves before it ends.

Servers of files keep the locks of a machine that is gone for 90.
"""


def work(folder: str, threads: int, cores: Collection[int], trust: bool) -> None:
    """Run the cell in *folder* to its end; this is all that its process does.

    Args:
        folder: of a run with a config.yaml.
        threads: to compute with.
        cores: to stay on, none for all.
        trust: whether to import whatever the cell names.
    """
    cell = Cell(Directory(Path(folder)))
    log(cell)
    follow_starter()
    if cores:
        os.sched_setaffinity(0, cores)
    sys.exit(computed(cell, threads, trust))


def computed(cell: Cell, threads: int, trust: bool) -> int:
    """Run *cell* with so many *threads*, in a process that does nothing else, and return its exit status."""
    torch.set_num_threads(threads)
    keep_memory()
    warnings.showwarning = tell
    with threadpool_limits(threads):
        return attempt(cell, trust)


def attempt(cell: Cell, trust: bool) -> int:
    """Run *cell* from where it stands; what goes wrong is written down in its folder. Return the exit status."""
    try:
        with ExitStack() as stack:
            if trust:
                stack.enter_context(trusting())
            if trust or own_imports(cell.path):
                stack.enter_context(current_folder())
            return go_on(cell.path)
    except StreamsimError as error:
        cell.fail(str(error))
    except Exception as error:  # a bug ends its cell, and is told of, not the study
        said = shortage(error) or f"{type(error).__name__}: {error} (see the traceback in the cell's failure.json)"
        cell.fail(said, traceback.format_exc())
    return 0


def go_on(folder: Path) -> int:
    """Run the cell in *folder*, as soon as no other process is at work in it."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            ending = again(folder, None, tensorboard=False).ending
        except FolderInUseError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            stopped = ending is not None and ending.signal is not None
            return 128 + ending.signal if stopped and ending and ending.signal else 0


def log(cell: Cell) -> None:
    """Write whatever this process would show into the folder of *cell*: the terminal belongs to the study."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        file = cell.place.descriptor(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except (OSError, RunFolderError):  # which the run will meet too, and tell of
        file = nowhere
    for stream, target in enumerate((nowhere, file, file)):
        os.dup2(target, stream)
    say("a process begins")


def tell(message: Warning | str, *where: object, **more: object) -> None:
    """Write a warning down as a sentence; where in the code it arose is of no use to the user."""
    say(f"warning: {message}")


def follow_starter() -> None:
    """Save and end when whoever started this process is gone, even by kill -9.

    Not to the end of the cell: whoever kills a study wants the machine back, and nothing is lost. The process leaves
    the group of its starter, because Ray kills that as a whole, and would leave no time to save.
    """
    starter = multiprocessing.parent_process()
    if starter is None:
        return
    os.setsid()

    def follow() -> None:
        wait([starter.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
