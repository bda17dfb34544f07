"""One cell in a process of its own: silent, with its share of the machine, and never without whoever started it."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Collection
from contextlib import ExitStack
from multiprocessing.connection import wait
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from streamsim.contracts import StreamsimError, trusting
from streamsim.launch import again
from streamsim.runs import FolderInUseError, current_folder, keep_memory, own_imports
from streamsim.simulation import shortage
from streamsim.storage import Directory

from .cell import Cell

PATIENCE = 60.0
"""Seconds to wait for a folder: a process whose starter was killed saves before it ends."""


def work(folder: str, threads: int, cores: Collection[int], trust: bool) -> None:
    """Run the cell in *folder* to its end; this is all that its process does.

    Args:
        folder: of a run with a config.yaml.
        threads: to compute with.
        cores: to stay on, none for all.
        trust: whether to import whatever the cell names.
    """
    silence()
    follow_starter()
    if cores:
        os.sched_setaffinity(0, cores)
    torch.set_num_threads(threads)
    keep_memory()
    with threadpool_limits(threads):
        status = attempt(Cell(Directory(Path(folder))), trust)
    sys.exit(status)


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


def silence() -> None:
    """Show nothing, whatever this process calls: the terminal belongs to the study."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


def follow_starter() -> None:
    """Save and end when whoever started this process is gone, even by kill -9.

    Not to the end of the cell: whoever kills a study wants the machine back, and nothing is lost.
    """
    starter = multiprocessing.parent_process()
    if starter is None:
        return

    def follow() -> None:
        wait([starter.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
