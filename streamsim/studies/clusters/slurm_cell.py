"""A cell as a job of SLURM: it saves when SLURM wants the machine, and is then queued again."""

import importlib
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from streamsim.studies.launchers import computed, log

from .errand import Errand

GRACE = 5.0
"""Seconds within which SLURM says why it ends a job: preempted ones get a second signal after SIGTERM."""


class Preemption:
    """Hears, while it is entered, what SLURM has to say to a job, and lets the cell save.

    Attributes:
        came: whether it was the signal before a job is preempted or its time is up.
    """

    def __init__(self) -> None:
        name = os.environ.get("SUBMITIT_PREEMPT_SIGNAL", "USR2")
        self.number = signal.Signals[f"SIG{name}"]
        self.came = False
        self._before: dict[int, Any] = {}
        self._asking: threading.Thread | None = None
        self._over = threading.Event()

    def __enter__(self) -> "Preemption":
        for number in (signal.SIGTERM, self.number):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        if self._asking:
            self._asking.join()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self) -> None:
        """Wait a moment for it."""
        until = time.monotonic() + GRACE
        while not self.came and time.monotonic() < until:
            time.sleep(0.1)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.came |= number == self.number
        if self._asking is None:
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()

    def _ask(self) -> None:
        """Ask the run in this process to save, again and again, since it hears nothing until it has begun."""
        while not self._over.wait(0.2):
            os.kill(os.getpid(), signal.SIGTERM)


@dataclass(frozen=True)
class CellJob:
    """What a job does, as submitit wants it: something to call, with a method that says how to go on.

    Args:
        errand: the cell.
    """

    errand: Errand

    def __call__(self) -> str:
        """Compute the cell; return how it ended if it could not say so itself."""
        if unseen := self.errand.settle():
            return unseen
        log(self.errand.cell)
        with Preemption() as preemption:
            status = computed(self.errand.cell, self.errand.threads, self.errand.trust)
            if status:
                preemption.wait()
        if status and preemption.came:  # all is saved: submitit may queue the job again, and end it
            signal.raise_signal(preemption.number)
        if status:
            sys.exit(status)
        return ""

    def checkpoint(self) -> Any:  # noqa: ANN401
        """Return what a job that is queued again does: the same, for what was saved lies in the folder of the cell."""
        return importlib.import_module("submitit.helpers").DelayedSubmission(self)
